/** Tells the settings a browser really gives a track: at the start, and when they change. */

const LOOK_EVERY_MS = 5000;

/** Calls back with the settings now and after each change; the answer ends it. */
export function watchSettings(
  track: MediaStreamTrack,
  tell: (settings: MediaTrackSettings) => void,
): () => void {
  let last = "";
  const look = (): void => {
    const settings = track.getSettings();
    // Ids of devices say more about the person's machine than about the sound.
    const { deviceId: _device, groupId: _group, ...rest } = settings;
    const now = JSON.stringify(rest);
    if (now === last) return;
    last = now;
    tell(rest);
  };
  look();
  const timer = setInterval(look, LOOK_EVERY_MS);
  track.addEventListener("configurationchange", look);
  return () => {
    clearInterval(timer);
    track.removeEventListener("configurationchange", look);
  };
}

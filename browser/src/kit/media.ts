/** Microphone, camera and output as the person chose them, and what it means when they fail. */

export interface Devices {
  readonly mic: string;
  readonly cam: string;
  readonly out: string;
}

const STORE = "yesand.devices";

/** The devices chosen in the green room; empty ids mean the browser's default. */
export function chosenDevices(): Devices {
  const none: Devices = { mic: "", cam: "", out: "" };
  try {
    return { ...none, ...(JSON.parse(localStorage.getItem(STORE) ?? "{}") as Partial<Devices>) };
  } catch {
    return none;
  }
}

export function chooseDevices(devices: Devices): void {
  try {
    localStorage.setItem(STORE, JSON.stringify(devices));
  } catch {
    // A window without storage asks again on the next page.
  }
}

/** Microphone without any processing: what is recorded. */
export function rawAudio(mic: string): MediaTrackConstraints {
  return {
    echoCancellation: false, noiseSuppression: false, autoGainControl: false,
    ...(mic ? { deviceId: { exact: mic } } : {}),
  };
}

/** Microphone for the call, cleaned unless the headphone test passed. */
export function callAudio(mic: string, raw: boolean): MediaTrackConstraints {
  return {
    echoCancellation: !raw, noiseSuppression: !raw, autoGainControl: !raw,
    ...(mic ? { deviceId: { exact: mic } } : {}),
  };
}

export interface CameraWish {
  readonly width: number;
  readonly height: number;
  readonly frame_rate: number;
  readonly bits_per_second?: number;
}

export function cameraVideo(cam: string, wish: CameraWish): MediaTrackConstraints {
  return {
    width: { ideal: wish.width }, height: { ideal: wish.height }, frameRate: { ideal: wish.frame_rate },
    ...(cam ? { deviceId: { exact: cam } } : {}),
  };
}

export type MediaCode =
  | "insecure" | "mic_denied" | "mic_missing" | "mic_busy" | "cam_denied" | "cam_missing" | "cam_busy";

/** Why media could not be had; `code` is a key of the page's sentences. */
export class MediaTrouble extends Error {
  constructor(readonly code: MediaCode) {
    super(code);
    this.name = "MediaTrouble";
  }
}

/** One track. A device that is gone falls back to the default; the rest throws MediaTrouble. */
export async function getTrack(kind: "mic" | "cam", wish: MediaTrackConstraints): Promise<MediaStreamTrack> {
  if (!navigator.mediaDevices) throw new MediaTrouble("insecure");
  try {
    return await ask(kind, wish);
  } catch (error) {
    const name = error instanceof DOMException ? error.name : "";
    if ((name === "OverconstrainedError" || name === "NotFoundError") && wish.deviceId) {
      const { deviceId: _gone, ...any } = wish;
      return getTrack(kind, any);
    }
    throw new MediaTrouble(codeOf(kind, name));
  }
}

async function ask(kind: "mic" | "cam", wish: MediaTrackConstraints): Promise<MediaStreamTrack> {
  const media = await navigator.mediaDevices.getUserMedia(kind === "mic" ? { audio: wish } : { video: wish });
  const [track] = media.getTracks();
  if (!track) throw new DOMException("no track", "NotFoundError");
  return track;
}

/** The browser's own name of a failure as a code of ours. */
export function codeOf(kind: "mic" | "cam", name: string): MediaCode {
  if (name === "NotAllowedError" || name === "SecurityError") return `${kind}_denied`;
  if (name === "NotFoundError" || name === "OverconstrainedError") return `${kind}_missing`;
  return `${kind}_busy`;
}

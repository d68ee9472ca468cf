/** Voice and camera of the call, as the person chose them. One that lacks is left out, and comes late. */
import { callAudio, cameraVideo, chosenDevices, getTrack } from "../kit/media.ts";
import { Kept } from "../room/kept.ts";
import type { StageBoot } from "./settings.ts";

export interface CallMedia {
  readonly voice: MediaStreamTrack | null;
  readonly cam: MediaStreamTrack | null;
}

function takeVoice(boot: StageBoot): Promise<MediaStreamTrack> {
  return getTrack("mic", callAudio(chosenDevices().mic, boot.call.raw));
}

function takeCam(boot: StageBoot): Promise<MediaStreamTrack> {
  return getTrack("cam", cameraVideo(chosenDevices().cam, boot.camera));
}

/** What there is now; what lacks is null, and told by who keeps it. */
export async function callMedia(boot: StageBoot): Promise<CallMedia> {
  return {
    voice: await takeVoice(boot).catch(() => null),
    cam: await takeCam(boot).catch(() => null),
  };
}

export interface CallMediaHooks {
  /** Voice and camera from now on. */
  got(media: CallMedia): void;
  /** The key of the one line to show, empty when all is well. */
  says(key: string): void;
  /** Something to write into the events of the take. */
  noted(kind: string): void;
}

/** Takes voice and camera again whenever they are lost, until the answer is called. */
export function keepCallMedia(boot: StageBoot, media: CallMedia, hooks: CallMediaHooks): () => void {
  let { voice, cam } = media;
  const lines = { mic: "", cam: "" };
  const says = (kind: "mic" | "cam", key: string): void => {
    lines[kind] = key;
    if (key) hooks.noted(key.replace("stage.", ""));
    // One line: what the partner cannot hear goes before what they cannot see.
    hooks.says(lines.mic || lines.cam);
  };
  const got = (): void => hooks.got({ voice, cam });
  const kept = [
    new Kept("mic", () => takeVoice(boot), {
      got: (track) => ((voice = track), got()),
      says: (key) => says("mic", key),
    }),
    new Kept("cam", () => takeCam(boot), {
      got: (track) => ((cam = track), got()),
      says: (key) => says("cam", key),
    }),
  ] as const;
  kept[0].hold(voice);
  kept[1].hold(cam);
  return () => kept.forEach((one) => one.stop());
}

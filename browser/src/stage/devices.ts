/** Voice and camera of the call, as the person chose them. One that lacks is told and left out. */
import { callAudio, cameraVideo, chosenDevices, getTrack, MediaTrouble } from "../kit/media.ts";
import type { StageBoot } from "./settings.ts";

export interface CallMedia {
  readonly voice: MediaStreamTrack | null;
  readonly cam: MediaStreamTrack | null;
}

/** `trouble` gets the key of a sentence. */
export async function callMedia(boot: StageBoot, trouble: (says: string) => void): Promise<CallMedia> {
  const { mic, cam } = chosenDevices();
  const missing = (otherwise: string) => (error: unknown) => {
    trouble(error instanceof MediaTrouble ? `problem.${error.code}.do` : otherwise);
    return null;
  };
  return {
    voice: await getTrack("mic", callAudio(mic, boot.call.raw)).catch(missing("stage.not_recorded")),
    cam: await getTrack("cam", cameraVideo(cam, boot.camera)).catch(missing("stage.no_camera")),
  };
}

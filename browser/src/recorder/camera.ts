/** The camera, by the browser's own recorder: video only, WebM slices of a second, kept in order. */
import { clientMs } from "../kit/clock.ts";

const TYPES = ["video/webm;codecs=vp8", "video/webm;codecs=vp9", "video/webm"];

/** WebM is a must: an mp4 recorder gives nothing until it stops. */
export function cameraType(): string | null {
  if (typeof MediaRecorder === "undefined") return null;
  return TYPES.find((type) => MediaRecorder.isTypeSupported(type)) ?? null;
}

interface KeyFrames {
  videoKeyFrameIntervalDuration?: number;
}

export class Camera {
  readonly #recorder: MediaRecorder;
  /** Resolves once the last slice is out: after `stop()`, or when the camera is lost. */
  readonly stopped: Promise<void>;
  /** Client clock at which the picture ended; 0 while it goes on. */
  ended = 0;

  constructor(
    readonly track: MediaStreamTrack,
    bitsPerSecond: number,
    slice: (blob: Blob) => void,
  ) {
    const mimeType = cameraType();
    if (!mimeType) throw new Error("no WebM recorder");
    const options: MediaRecorderOptions & KeyFrames = {
      mimeType,
      videoBitsPerSecond: bitsPerSecond,
      videoKeyFrameIntervalDuration: 2000,
    };
    const recorder = new MediaRecorder(new MediaStream([track]), options);
    // The blob itself goes on, unread: reading it here would let a later slice overtake.
    recorder.ondataavailable = (event) => event.data.size > 0 && slice(event.data);
    this.stopped = new Promise((resolve) => {
      const over = (): void => {
        this.ended ||= clientMs();
        resolve();
      };
      recorder.onstop = over;
      recorder.onerror = over;
    });
    track.addEventListener("ended", () => this.stop(), { once: true });
    this.#recorder = recorder;
  }

  get mimeType(): string {
    return this.#recorder.mimeType;
  }

  /** Resolves when the browser says that it records. */
  start(): Promise<void> {
    const started = new Promise<void>((resolve) => {
      this.#recorder.onstart = () => resolve();
    });
    this.#recorder.start(1000);
    return started;
  }

  pause(): void {
    if (this.#recorder.state === "recording") this.#recorder.pause();
  }

  goOn(): void {
    if (this.#recorder.state === "paused") this.#recorder.resume();
  }

  stop(): void {
    this.ended ||= clientMs();
    if (this.#recorder.state !== "inactive") this.#recorder.stop();
  }
}

/**
 * Keeps one device of the call alive: a track that ends is taken again as soon as that can be done,
 * and one line says what stands in the way. Nobody loads a page again for it.
 */
import { devicesChanged } from "../kit/devices.ts";
import { MediaTrouble } from "../kit/media.ts";

export interface KeptHooks {
  /** The device is back, or another one stands in for it. */
  got(track: MediaStreamTrack): void;
  /** The key of a sentence, empty when all is well. */
  says(key: string): void;
}

/** Systems mute for a moment when devices change; that is not worth a line. */
const MUTED_MS = 1500;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 4000;
const WORDS = {
  mic: {
    lost: "stage.mic_lost", muted: "stage.mic_muted",
    denied: "stage.mic_denied", missing: "stage.mic_missing", busy: "stage.mic_busy",
  },
  cam: {
    lost: "stage.cam_lost", muted: "stage.cam_muted",
    denied: "stage.cam_denied", missing: "stage.no_camera", busy: "stage.cam_busy",
  },
} as const;

/** Why a device of the room could not be had, as a key of a sentence that promises what we do. */
export function roomWords(kind: "mic" | "cam", error: unknown): string {
  const code = error instanceof MediaTrouble ? error.code : "";
  if (code === `${kind}_denied`) return WORDS[kind].denied;
  return code === `${kind}_busy` ? WORDS[kind].busy : WORDS[kind].missing;
}

export class Kept {
  #track: MediaStreamTrack | null = null;
  #stopped = false;
  #quiet: ReturnType<typeof setTimeout> | null = null;
  #let: () => void = () => undefined;

  constructor(
    private readonly kind: "mic" | "cam",
    private readonly take: () => Promise<MediaStreamTrack>,
    private readonly hooks: KeptHooks,
  ) {}

  /** Watches this track from now on; without one it is asked for at once. */
  hold(track: MediaStreamTrack | null): void {
    this.#release();
    this.#track = track;
    if (!track || track.readyState === "ended") return void this.#again();
    const ended = (): void => {
      if (this.#track === track) void this.#again(WORDS[this.kind].lost);
    };
    const muted = (): void => this.#hush(track);
    const heard = (): void => this.#hush(null);
    track.addEventListener("ended", ended);
    track.addEventListener("mute", muted);
    track.addEventListener("unmute", heard);
    this.#let = () => {
      track.removeEventListener("ended", ended);
      track.removeEventListener("mute", muted);
      track.removeEventListener("unmute", heard);
    };
    if (track.muted) muted();
  }

  stop(): void {
    this.#stopped = true;
    this.#release();
  }

  #release(): void {
    this.#let();
    this.#let = () => undefined;
    if (this.#quiet) clearTimeout(this.#quiet);
    this.#quiet = null;
  }

  #hush(track: MediaStreamTrack | null): void {
    if (this.#quiet) clearTimeout(this.#quiet);
    this.#quiet = null;
    if (!track) return this.hooks.says("");
    this.#quiet = setTimeout(() => track.muted && this.hooks.says(WORDS[this.kind].muted), MUTED_MS);
  }

  async #again(says = ""): Promise<void> {
    this.#release();
    this.#track = null;
    if (says) this.hooks.says(says);
    for (let wait = FIRST_WAIT_MS; !this.#stopped; wait = Math.min(LONGEST_WAIT_MS, wait * 2)) {
      try {
        const track = await this.take();
        if (this.#stopped) return track.stop();
        this.hooks.says("");
        this.hold(track);
        return this.hooks.got(track);
      } catch (error) {
        if (this.#stopped) return;
        const now = roomWords(this.kind, error);
        if (now !== says) this.hooks.says((says = now));
      }
      await devicesChanged(this.kind, wait);
    }
  }
}

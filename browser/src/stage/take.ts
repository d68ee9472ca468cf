/** One take on this page: its lock, its recorder, what is stored beside the sound. */
import { clientMs, wait } from "../kit/clock.ts";
import { devicesChanged } from "../kit/devices.ts";
import { holdLock } from "../kit/lock.ts";
import { chosenDevices, getTrack, MediaTrouble, rawAudio } from "../kit/media.ts";
import { hasRoom } from "../recorder/journal.ts";
import { Refusal, WorkerLink } from "../recorder/link.ts";
import type { Level, StoredEvent } from "../recorder/protocol.ts";
import { Recorder } from "../recorder/recorder.ts";
import { roomWords } from "../room/kept.ts";
import type { StageBoot } from "./settings.ts";

/** Microphone and worker of the next take, opened before it is: nothing flows between them yet. */
export interface Prepared {
  readonly mic: Promise<MediaStreamTrack>;
  readonly link: WorkerLink;
}

export function prepare(): Prepared {
  const mic = getTrack("mic", rawAudio(chosenDevices().mic));
  // Who needs it awaits it; until then a refusal is nobody's.
  mic.catch(() => undefined);
  return { mic, link: new WorkerLink() };
}

export interface TakeHooks {
  /** The microphone is being taken: from here on the lamp is lit. */
  taking(): void;
  /** Microphone blocks are being written. */
  recording(): void;
  level(level: Level): void;
  /** Nothing is being written, and why. */
  silent(code: string, says: string): void;
  /** The picture left the recording, or a further part of it began. */
  picture(state: "lost" | "back"): void;
}

/** How long to wait for a device to come back before asking again anyway. */
const AGAIN_MS = 1000;

export class TakeRecording {
  #recorder: Recorder | null = null;
  #release: (() => void) | null = null;
  #mic: MediaStreamTrack | null = null;
  #stopped = false;
  #full = false;
  #partner: MediaStreamTrack | null = null;
  #cam: MediaStreamTrack | null = null;
  /** Why a pause began before the recorder stood. */
  #pausedEarly: string | null = null;
  /** What happened before the recorder stood. */
  #early: Parameters<Recorder["event"]>[] = [];

  constructor(
    readonly id: string,
    private readonly boot: StageBoot,
    private readonly prepared: Prepared,
    private readonly hooks: TakeHooks,
  ) {}

  async start(cam: MediaStreamTrack | null, reason: "start" | "reload"): Promise<void> {
    this.#cam ??= cam;
    this.#release = await holdLock(`take:${this.id}`);
    if (!this.#release) return this.hooks.silent("stage.second_tab", "");
    try {
      const mic = await this.#microphone(this.prepared.mic);
      if (!mic) return;
      this.#mic = mic;
      const recorder = new Recorder(
        {
          take: this.id,
          streams_url: this.boot.streams_url,
          encoding: this.boot.encoding,
          keep_minutes: this.boot.keep_minutes,
          camera_bits_per_second: this.boot.camera.bits_per_second ?? 900_000,
        },
        {
          taking: () => this.#stopped || this.hooks.taking(),
          recording: () => this.#stopped || this.hooks.recording(),
          level: (level) => this.hooks.level(level),
          micEnded: (why) => void (why === "storage" ? this.#waitForRoom() : this.#again(why)),
          camEnded: (track) => this.#pictureLost(track),
          camBack: () => this.hooks.picture("back"),
          trouble: (code, says) => recorder.event("glitch", { kind: code, says }),
        },
        this.prepared.link,
      );
      this.#recorder = recorder;
      // The worker keeps events until their own stream is granted.
      for (const event of this.#early.splice(0)) recorder.event(...event);
      if (this.#pausedEarly !== null) recorder.pause(this.#pausedEarly);
      await recorder.start(this.#mic, cam, reason);
      if (this.#cam && this.#cam !== cam) void recorder.replaceCamera(this.#cam);
      // The partner's sound comes after the own streams in every way.
      await recorder.hear(this.#partner);
    } catch (error) {
      this.#tell(error);
    }
  }

  event(type: StoredEvent["type"], fields: Readonly<Record<string, unknown>> = {}, t = clientMs()): void {
    if (this.#recorder) this.#recorder.event(type, fields, t);
    else this.#early.push([type, fields, t]);
  }

  /** What the partner sends now: recorded as heard here. Null while they are away. */
  partner(media: MediaStream | null): void {
    this.#partner = media?.getAudioTracks()[0] ?? null;
    if (this.#recorder?.begun) void this.#recorder.hear(this.#partner);
  }

  /** The camera is back, or another one took its place: a further part of the recording. */
  camera(track: MediaStreamTrack | null): void {
    if (!track || track === this.#cam) return;
    this.#cam = track;
    if (this.#recorder?.begun) void this.#recorder.replaceCamera(track);
  }

  pause(why: string): void {
    if (this.#recorder) this.#recorder.pause(why);
    else this.#pausedEarly = why;
  }

  goOn(): void {
    this.#pausedEarly = null;
    this.#recorder?.goOn();
  }

  setRate(bytesPerSecond: number | null): void {
    this.#recorder?.setRate(bytesPerSecond);
  }

  /** Bytes written and not yet at the door. */
  left(): number {
    return this.#recorder?.left() ?? 0;
  }

  /** Bytes the door has. */
  sent(): number {
    let sent = 0;
    for (const stream of this.#recorder?.streams.values() ?? []) sent += stream.sent;
    return sent;
  }

  get started(): boolean {
    return this.#recorder !== null;
  }

  /** The microphone is off when this returns its promise; that resolves when the files are whole. */
  stop(): Promise<void> {
    this.#stopped = true;
    const done = this.#recorder?.stop() ?? Promise.resolve();
    this.#mic?.stop();
    return done.finally(() => this.#release?.());
  }

  /** True when the door has everything. */
  async allSent(withinMs: number): Promise<boolean> {
    return (await this.#recorder?.reached(["declared", "sealed", "refused"], withinMs)) ?? true;
  }

  #pictureLost(track: MediaStreamTrack): void {
    if (this.#stopped) return;
    this.event("glitch", { kind: "cam_ended" });
    this.hooks.picture("lost");
    // A recorder can break while its camera lives; who keeps the camera would never hear of it.
    if (track.readyState !== "live") return;
    setTimeout(() => {
      if (this.#cam === track && !this.#full) this.#pictureAgain();
    }, AGAIN_MS);
  }

  #pictureAgain(): void {
    if (this.#cam?.readyState === "live" && !this.#stopped) void this.#recorder?.replaceCamera(this.#cam);
  }

  /** This browser's storage is full: what stands is sent, and the recording goes on once there is room. */
  async #waitForRoom(): Promise<void> {
    this.#full = true;
    this.hooks.silent("stage.storage_full", "");
    this.event("glitch", { kind: "storage_full" });
    while (!this.#stopped && !(await hasRoom())) await wait(AGAIN_MS);
    this.#full = false;
    if (this.#stopped) return;
    this.#pictureAgain();
    await this.#again("storage", "stage.storage_full");
  }

  /** The microphone was lost: take it, or the default one, again as a further stream. */
  async #again(why: string, says = "stage.mic_lost"): Promise<void> {
    this.hooks.silent(says, "");
    this.event("glitch", { kind: "mic_ended", why });
    while (!this.#stopped) {
      this.#mic?.stop();
      const mic = await this.#microphone();
      if (!mic) return;
      this.#mic = mic;
      try {
        return await this.#recorder?.replaceMic(mic);
      } catch (error) {
        if (error instanceof Refusal) return this.#tell(error);
        await devicesChanged("mic", AGAIN_MS);
      }
    }
  }

  /** A microphone that gives sound: at once, or as soon as there is one. Null once stopped. */
  async #microphone(first?: Promise<MediaStreamTrack>): Promise<MediaStreamTrack | null> {
    let told = "";
    for (let asked = first; !this.#stopped; asked = undefined) {
      try {
        const mic = await (asked ?? getTrack("mic", rawAudio(chosenDevices().mic)));
        if (!this.#stopped && mic.readyState === "live") return mic;
        mic.stop();
      } catch (error) {
        // What no waiting mends is the caller's to tell.
        if (!(error instanceof MediaTrouble) || error.code === "insecure") throw error;
        const says = roomWords("mic", error);
        if (says !== told) this.hooks.silent((told = says), "");
        await devicesChanged("mic", AGAIN_MS);
      }
    }
    return null;
  }

  #tell(error: unknown): void {
    if (error instanceof MediaTrouble) this.hooks.silent(`problem.${error.code}.do`, "");
    else if (error instanceof Refusal) this.hooks.silent(error.code, error.message);
    else {
      console.error(error);
      this.hooks.silent("stage.not_recorded", "");
    }
  }
}

/**
 * The recorder of one take: microphone, camera and events of one performer.
 *
 * This is the page's end; the bytes are the worker's. Stopping is local and at once, whatever the
 * network does; what is not sent yet is sent later, by this page or the next one.
 */
import { clientMs } from "../kit/clock.ts";
import { Camera } from "./camera.ts";
import type { Grant, Kind } from "./journal.ts";
import { askGrant, WorkerLink } from "./link.ts";
import type { FromWorker, Level, StoredEvent } from "./protocol.ts";
import { watchSettings } from "./settings.ts";
import { bestIntake, type Intake, startHeard, startIntake } from "./source.ts";

export interface RecorderOptions {
  readonly take: string;
  readonly streams_url: string;
  readonly encoding: "s24" | "f32";
  readonly keep_minutes: number;
  readonly camera_bits_per_second?: number;
  /** Only tests choose; otherwise the best there is. */
  readonly intake?: Intake;
  /** Record without sending until `send()`. */
  readonly hold?: boolean;
  readonly events?: boolean;
}

export interface RecorderHooks {
  /** The microphone's first samples are in memory; they are kept if leave is given. */
  taking?(): void;
  /** The first microphone block stands in the file. */
  recording?(rate: number): void;
  level?(level: Level): void;
  samples?(samples: Float32Array, rate: number, t: number): void;
  progress?(progress: Progress): void;
  /** The microphone stopped by itself. */
  micEnded?(why: string): void;
  /** The camera's part of the recording is over by itself; its track may still live. */
  camEnded?(track: MediaStreamTrack): void;
  /** A further part of the camera is being recorded. */
  camBack?(): void;
  trouble?(code: string, says: string): void;
}

export type Progress = FromWorker & { is: "progress" };

export class Recorder {
  readonly link: WorkerLink;
  /** Latest word about each stream, by stream id. */
  readonly streams = new Map<string, Progress>();
  #mic: string | null = null;
  /** The microphone's source, from before its stream is granted. */
  #micSource = "";
  #heard: { readonly track: MediaStreamTrack; stream: string | null; end: () => void } | null = null;
  #heardReason: "start" | "reload" | "device" = "start";
  #camera: { readonly stream: string; readonly camera: Camera; readonly over: Promise<void> } | null = null;
  /** The camera that is wanted: its grant may be on its way, or a pause may keep it waiting. */
  #cam: MediaStreamTrack | null = null;
  #paused = false;
  #events: string | null = null;
  #micEnds: (() => void)[] = [];
  #stopped = false;

  constructor(
    private readonly options: RecorderOptions,
    private readonly hooks: RecorderHooks,
    /** A worker that was started beforehand, so that the first sample need not wait for it. */
    link?: WorkerLink,
  ) {
    this.link = link ?? new WorkerLink();
    this.link.listen((message) => this.#hear(message));
    if (hooks.samples) this.link.send({ do: "tap", on: true });
  }

  /**
   * Takes samples at once, into memory; asks leave for every stream meanwhile, and writes each as
   * soon as it may. Throws a Refusal, or what the browser throws; then nothing was written.
   */
  async start(
    mic: MediaStreamTrack,
    cam: MediaStreamTrack | null,
    reason: "start" | "reload",
  ): Promise<void> {
    const begin = async (kind: Kind, act: (grant: Grant) => Promise<void> | void): Promise<void> => {
      const grant = await this.#ask(kind, reason);
      if (!this.#stopped) await act(grant);
    };
    // Without a picture or events the voice is still worth keeping; what lacks is told.
    const beside = (kind: Kind, act: (grant: Grant) => Promise<void> | void): Promise<void> =>
      begin(kind, act).catch((error: unknown) => {
        this.hooks.trouble?.(`no_${kind}`, error instanceof Error ? error.message : String(error));
      });
    this.#heardReason = reason;
    const source = await this.#takeMic(mic);
    const streams = [
      begin("mic", (grant) => this.#startMic(grant, source, mic)).catch((error: unknown) => {
        this.link.send({ do: "drop", source });
        throw error;
      }),
    ];
    this.#cam = cam;
    if (cam) streams.push(beside("cam", (grant) => this.#startCamera(grant, cam)));
    if (this.options.events !== false) streams.push(beside("events", (grant) => this.#startEvents(grant)));
    await Promise.all(streams);
  }

  /** True once the microphone's own stream is granted. */
  get begun(): boolean {
    return this.#mic !== null;
  }

  /** Another microphone after the first was lost: a further stream of the same take. */
  async replaceMic(mic: MediaStreamTrack): Promise<void> {
    const source = await this.#takeMic(mic);
    const grant = await this.#ask("mic", "device");
    if (!this.#stopped) this.#startMic(grant, source, mic);
  }

  /**
   * Another camera after the first was lost, or the first at last: a further stream of the same
   * take. In a pause it waits for the pause's end. Whatever goes wrong is told as trouble.
   */
  async replaceCamera(cam: MediaStreamTrack): Promise<void> {
    this.#cam = cam;
    this.#camera?.camera.stop();
    if (this.#stopped || this.#paused) return;
    try {
      const grant = await this.#ask("cam", "device");
      if (this.#stopped) return;
      if (this.#cam === cam && !this.#paused && cam.readyState === "live") {
        await this.#startCamera(grant, cam);
        return this.hooks.camBack?.();
      }
      // Gone again meanwhile: an empty stream that says so holds nobody up.
      this.#open(grant, "cam");
      this.link.send({ do: "finish", stream: grant.stream });
    } catch (error) {
      this.hooks.trouble?.("no_cam", error instanceof Error ? error.message : String(error));
    }
  }

  /**
   * The partner's sound as it plays here, or null while there is none. A partner who comes back is
   * a further part. Whatever goes wrong is told as trouble and costs the take nothing.
   */
  async hear(track: MediaStreamTrack | null): Promise<void> {
    if (this.#stopped || this.#heard?.track === track) return;
    this.#endHeard();
    if (!track || track.readyState === "ended") return;
    const heard = { track, stream: null as string | null, end: (): void => undefined };
    this.#heard = heard;
    track.addEventListener("ended", () => this.#heard === heard && this.#endHeard(), { once: true });
    try {
      const grant = await this.#ask("heard", this.#heardReason);
      this.#heardReason = "device";
      this.#open(grant, "heard");
      heard.stream = grant.stream;
      // Gone again meanwhile: an empty stream that says so holds nobody up.
      if (this.#heard !== heard) return this.link.send({ do: "finish", stream: grant.stream });
      const source = crypto.randomUUID();
      const end = await startHeard(this.link, source, track);
      if (this.#heard !== heard) return end();
      heard.end = end;
      this.link.send({ do: "pour", source, stream: grant.stream });
    } catch (error) {
      if (this.#heard === heard) this.#endHeard();
      this.hooks.trouble?.("no_heard", error instanceof Error ? error.message : String(error));
    }
  }

  /** One line of events.jsonl. */
  event(type: StoredEvent["type"], fields: Readonly<Record<string, unknown>> = {}, t = clientMs()): void {
    this.link.send({ do: "event", event: { t, type, ...fields } });
  }

  /** Nothing is written from now on, but for the event that says so. */
  pause(why: string): void {
    this.#paused = true;
    this.link.send({ do: "pause" });
    this.#camera?.camera.pause();
    this.event("pause", { why });
  }

  goOn(): void {
    this.#paused = false;
    this.event("resume");
    this.#camera?.camera.goOn();
    this.link.send({ do: "go-on" });
    const waits = this.#cam;
    if (waits && this.begun && this.#camera?.camera.track !== waits) void this.replaceCamera(waits);
  }

  /** Starts sending what `hold` held back. */
  send(): void {
    this.link.send({ do: "send" });
  }

  /** Bytes a second that uploads may use; null for all there is. */
  setRate(bytesPerSecond: number | null): void {
    this.link.send({ do: "rate", bytes_per_second: bytesPerSecond });
  }

  /** Stops recording now. Resolves when the files are complete here. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    if (this.#mic) this.link.send({ do: "finish", stream: this.#mic });
    else if (this.#micSource) this.link.send({ do: "drop", source: this.#micSource });
    this.#endHeard();
    for (const end of this.#micEnds) end();
    const camera = this.#camera;
    if (camera) {
      camera.camera.stop();
      await Promise.race([camera.over, after(2000)]);
      this.link.send({ do: "finish", stream: camera.stream });
    }
    if (this.#events) this.link.send({ do: "finish", stream: this.#events });
    await this.#until((one) => one.state !== "recording", 5000);
  }

  /**
   * True once every stream has reached one of the states; false when it took too long. Nobody waits
   * for what comes last, the partner as heard: the next page sends the rest of it.
   */
  reached(states: readonly Progress["state"][], withinMs: number): Promise<boolean> {
    return this.#until((one) => one.kind === "heard" || states.includes(one.state), withinMs);
  }

  /** Bytes that are here and not yet at the door. */
  left(): number {
    let left = 0;
    for (const one of this.streams.values()) {
      if (one.state !== "sealed" && one.state !== "declared") left += Math.max(0, one.written - one.sent);
    }
    return left;
  }

  #ask(kind: Kind, reason: "start" | "reload" | "device"): Promise<Grant> {
    return askGrant(this.options.streams_url, { take: this.options.take, kind, reason });
  }

  #open(grant: Grant, kind: Kind): void {
    const { take, streams_url, encoding, keep_minutes, hold } = this.options;
    this.streams.set(grant.stream, {
      is: "progress", stream: grant.stream, kind, take, state: "recording", written: 0, sent: 0, why: "",
    });
    this.link.send({ do: "open", grant, kind, take, streams_url, encoding, keep_minutes, hold: hold ?? false });
  }

  get #intake(): Intake {
    const intake = this.options.intake ?? bestIntake();
    if (!intake) throw new Error("no_recorder");
    return intake;
  }

  async #takeMic(track: MediaStreamTrack): Promise<string> {
    for (const end of this.#micEnds.splice(0)) end();
    const source = crypto.randomUUID();
    this.#micSource = source;
    this.#micEnds.push(await startIntake(this.link, source, track, this.#intake));
    return source;
  }

  #startMic(grant: Grant, source: string, track: MediaStreamTrack): void {
    this.#mic = grant.stream;
    this.#open(grant, "mic");
    this.link.send({ do: "pour", source, stream: grant.stream });
    const { stream } = grant;
    this.#micEnds.push(
      watchSettings(track, (settings) =>
        this.event("settings", { kind: "mic", stream, intake: this.#intake, ...settings })),
    );
  }

  #endHeard(): void {
    const heard = this.#heard;
    this.#heard = null;
    heard?.end();
    if (heard?.stream) this.link.send({ do: "finish", stream: heard.stream });
  }

  #startEvents(grant: Grant): void {
    this.#open(grant, "events");
    this.#events = grant.stream;
  }

  async #startCamera(grant: Grant, track: MediaStreamTrack): Promise<void> {
    const stream = grant.stream;
    this.#open(grant, "cam");
    const camera = new Camera(track, this.options.camera_bits_per_second ?? 900_000, (blob) =>
      this.link.send({ do: "slice", stream, blob }));
    const over = camera.stopped.then(() => this.#endCamera(stream, camera));
    this.#camera = { stream, camera, over };
    // The film's time begins with the first picture after this call; the browser says so only later.
    const began = clientMs();
    await camera.start();
    if (this.#paused) camera.pause();
    const told = clientMs();
    this.event("stream_start", { stream, kind: "cam", rate: 0, mime: camera.mimeType, told_ms: told }, began);
    const end = watchSettings(track, (settings) => this.event("settings", { kind: "cam", stream, ...settings }));
    void over.then(end);
  }

  /** The last slice is out: the file is whole, and the events say until when there was a picture. */
  #endCamera(stream: string, camera: Camera): void {
    this.event("stream_stop", { stream, kind: "cam" }, camera.ended);
    this.link.send({ do: "finish", stream });
    if (this.#camera?.camera !== camera) return;
    this.#camera = null;
    if (!this.#stopped && this.#cam === camera.track) this.hooks.camEnded?.(camera.track);
  }

  #hear(message: FromWorker): void {
    switch (message.is) {
      case "taking":
        if (message.source === this.#micSource && !this.#stopped) this.hooks.taking?.();
        break;
      case "recording":
        if (message.kind === "mic") this.hooks.recording?.(message.rate);
        break;
      case "level":
        this.hooks.level?.(message.level);
        break;
      case "samples":
        this.hooks.samples?.(message.samples, message.rate, message.t);
        break;
      case "progress":
        this.streams.set(message.stream, message);
        this.hooks.progress?.(message);
        break;
      case "ended":
        if (message.stream === this.#mic && !this.#stopped) this.hooks.micEnded?.(message.why);
        if (message.stream === this.#camera?.stream) this.#camera.camera.stop();
        break;
      case "trouble":
        this.hooks.trouble?.(message.code, message.says);
        break;
      default:
        break;
    }
  }

  async #until(holds: (one: Progress) => boolean, withinMs: number): Promise<boolean> {
    const all = (): boolean => [...this.streams.values()].every(holds);
    if (all()) return true;
    let stop = (): void => undefined;
    const reached = new Promise<boolean>((resolve) => {
      stop = this.link.listen(() => all() && resolve(true));
    });
    const answer = await Promise.race([reached, after(withinMs).then(() => false)]);
    stop();
    return answer;
  }
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

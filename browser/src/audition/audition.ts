/** Audition pieces, by the same recorder as the stage: lamp on only between Record and Stop. */
import { needBoot, text } from "../kit/boot.ts";
import { clientMs, minutesSeconds } from "../kit/clock.ts";
import { all, onClick, show } from "../kit/dom.ts";
import { type CameraWish, cameraVideo, chosenDevices, getTrack, MediaTrouble, rawAudio } from "../kit/media.ts";
import { Refusal } from "../recorder/link.ts";
import { Recorder } from "../recorder/recorder.ts";

interface Boot {
  readonly streams_url: string;
  readonly encoding: "s24" | "f32";
  readonly keep_minutes: number;
  readonly camera: CameraWish | null;
}

type PieceState = "idle" | "opening" | "recording" | "sending" | "sent" | "failed";

const boot = needBoot<Boot>();
const SENT_MS = 120_000;

class Piece {
  #recorder: Recorder | null = null;
  #tracks: MediaStreamTrack[] = [];
  #began = 0;
  #timer: ReturnType<typeof setInterval> | null = null;

  constructor(private readonly host: HTMLElement) {
    this.#show(this.host.dataset["state"] as PieceState | undefined ?? "idle");
  }

  get sent(): boolean {
    return this.host.dataset["state"] === "sent";
  }

  async record(): Promise<void> {
    const now = this.host.dataset["state"];
    if (now === "opening" || now === "recording" || now === "sending") return;
    this.#show("opening");
    try {
      const { mic, cam } = chosenDevices();
      this.#tracks = [await getTrack("mic", rawAudio(mic))];
      if (boot.camera) this.#tracks.push(await getTrack("cam", cameraVideo(cam, boot.camera)));
      const recorder = new Recorder(
        {
          take: this.host.dataset["subject"] ?? "",
          streams_url: boot.streams_url, encoding: boot.encoding, keep_minutes: boot.keep_minutes,
        },
        {
          recording: () => this.#began || this.#start(),
          micEnded: () => void this.stop(),
          trouble: (_, says) => console.warn("recorder", says),
        },
      );
      this.#recorder = recorder;
      const [voice, picture] = this.#tracks;
      if (voice) await recorder.start(voice, picture ?? null, "start");
    } catch (error) {
      this.#fail(error);
    }
  }

  async stop(): Promise<void> {
    const recorder = this.#recorder;
    if (!recorder || this.host.dataset["state"] !== "recording") return;
    if (this.#timer) clearInterval(this.#timer);
    this.#show("sending");
    await recorder.stop();
    this.#release();
    const whole = await recorder.reached(["declared", "sealed"], SENT_MS);
    this.#show(whole ? "sent" : "failed", whole ? "" : text("audition.sends_later"));
    show("[data-all-sent]", pieces.every((piece) => piece.sent));
  }

  #start(): void {
    this.#began = clientMs();
    this.#show("recording");
    const most = Number(this.host.dataset["seconds"] ?? "60");
    const line = this.host.querySelector("[data-piece-time]");
    this.#timer = setInterval(() => {
      const seconds = (clientMs() - this.#began) / 1000;
      if (line) line.textContent = text("audition.time", { now: minutesSeconds(seconds), most: minutesSeconds(most) });
      if (seconds >= most) void this.stop();
    }, 200);
  }

  #fail(error: unknown): void {
    this.#release();
    if (error instanceof MediaTrouble) this.#show("failed", text(`problem.${error.code}.do`));
    else if (error instanceof Refusal) this.#show("failed", error.message);
    else {
      console.error(error);
      this.#show("failed", text("stage.not_recorded"));
    }
  }

  #release(): void {
    for (const track of this.#tracks.splice(0)) track.stop();
    this.#began = 0;
  }

  #show(state: PieceState, words = ""): void {
    const before = this.host.dataset["state"];
    this.host.dataset["state"] = state;
    document.body.dataset["lamp"] = state === "recording" ? "on" : "off";
    const line = this.host.querySelector("[data-piece-state]");
    // What the server wrote about an earlier recording stands until this one begins.
    if (line && before !== state) line.textContent = words || text(`audition.${state}`);
    const busy = ["opening", "recording", "sending"].includes(state);
    for (const button of all<HTMLButtonElement>("[data-act]", this.host)) {
      button.disabled = button.dataset["act"] === "stop" ? state !== "recording" : busy;
    }
  }
}

const pieces: Piece[] = [];
const byHost = new Map<Element, Piece>();
for (const host of all<HTMLElement>("[data-piece]")) {
  const piece = new Piece(host);
  pieces.push(piece);
  byHost.set(host, piece);
}
const pieceOf = (element: Element): Piece | undefined => byHost.get(element.closest("[data-piece]") ?? element);
onClick('[data-piece] [data-act="record"]', (element) => void pieceOf(element)?.record());
onClick('[data-piece] [data-act="stop"]', (element) => void pieceOf(element)?.stop());

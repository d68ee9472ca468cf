/** What a page and its recorder worker say to each other. */
import type { Grant, Kind, State } from "./journal.ts";

/** One line of events.jsonl; `t` is milliseconds of the client clock. */
export interface StoredEvent {
  readonly t: number;
  readonly type:
    | "settings" | "ping" | "cue_asked" | "cue_displayed" | "cue_response" | "pause" | "resume"
    | "leave" | "glitch" | "partner_state" | "stream_start" | "stream_stop";
  readonly [field: string]: unknown;
}

export type ToWorker =
  | {
      readonly do: "open";
      readonly grant: Grant;
      readonly kind: Kind;
      readonly take: string;
      readonly streams_url: string;
      readonly encoding: "s24" | "f32";
      readonly keep_minutes: number;
      /** Record now, send from `send` on: the green room measures the uplink so. */
      readonly hold?: boolean;
    }
  /** Samples flow from now on, into memory; `pour` names the stream they go to. */
  | { readonly do: "source"; readonly source: string; readonly readable: ReadableStream<AudioData> }
  | { readonly do: "source-port"; readonly source: string; readonly port: MessagePort; readonly rate: number }
  | { readonly do: "pour"; readonly source: string; readonly stream: string }
  /** There will be no stream: what is in memory is forgotten. */
  | { readonly do: "drop"; readonly source: string }
  | { readonly do: "slice"; readonly stream: string; readonly blob: Blob }
  | { readonly do: "event"; readonly event: StoredEvent }
  | { readonly do: "pause" }
  | { readonly do: "go-on" }
  | { readonly do: "finish"; readonly stream: string }
  | { readonly do: "send" }
  | { readonly do: "rate"; readonly bytes_per_second: number | null }
  | { readonly do: "tap"; readonly on: boolean }
  | { readonly do: "grant"; readonly stream: string; readonly grant: Grant | null }
  | { readonly do: "leftovers" }
  | { readonly do: "done-with"; readonly take: string }
  | { readonly do: "wake" }
  /** The page's clock when it heard the worker's question of `asked_ms` (the worker's own clock). */
  | { readonly do: "clock"; readonly asked_ms: number; readonly page_ms: number };

export interface Level {
  /** Root mean square of about 100 ms, dB of full scale; -120 for silence. */
  readonly rms_db: number;
  /** Largest magnitude, 1 is full scale. */
  readonly peak: number;
  /** Samples at or above 0.999 of full scale. */
  readonly clipped: number;
  readonly samples: number;
  readonly t: number;
}

export type FromWorker =
  | { readonly is: "opened"; readonly stream: string }
  /** The first samples of a source are in memory. */
  | { readonly is: "taking"; readonly source: string }
  /** The first block stands in the file. */
  | { readonly is: "recording"; readonly stream: string; readonly kind: Kind; readonly rate: number }
  | { readonly is: "level"; readonly level: Level }
  | { readonly is: "samples"; readonly samples: Float32Array; readonly rate: number; readonly t: number }
  | {
      readonly is: "progress";
      readonly stream: string;
      readonly kind: Kind;
      readonly take: string;
      readonly state: State;
      readonly written: number;
      readonly sent: number;
      readonly why: string;
    }
  /** The microphone stopped by itself (unplugged, changed rate, storage full). */
  | { readonly is: "ended"; readonly stream: string; readonly why: string }
  | { readonly is: "trouble"; readonly stream: string; readonly code: string; readonly says: string }
  | {
      readonly is: "renew";
      readonly stream: string;
      readonly take: string;
      readonly kind: Kind;
      readonly reason: "renew" | "suspect";
      readonly streams_url: string;
    }
  /** Asks the page for its clock: the worker's own may stand apart after the machine's time was set. */
  | { readonly is: "clock"; readonly asked_ms: number }
  /** Nothing is left that this browser could send. */
  | { readonly is: "idle" };

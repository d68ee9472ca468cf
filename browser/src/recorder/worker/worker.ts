/**
 * The recorder worker: takes microphone chunks, camera slices and events, writes them to this
 * browser's storage and sends them on. The page's main thread is never on the audio's path.
 */
import { uuidBytes } from "../blocks.ts";
import { ClockShift } from "../clockshift.ts";
import { Framing } from "../framing.ts";
import type { Grant, Kind } from "../journal.ts";
import { Pace } from "../pace.ts";
import type { FromWorker, StoredEvent, ToWorker } from "../protocol.ts";
import { doneWith, finishLeftovers } from "./leftovers.ts";
import { Holding } from "./holding.ts";
import { readPort, readTrack, type Taking } from "./mic.ts";
import { LocalStream, type Watching } from "./stream.ts";

declare const self: DedicatedWorkerGlobalScope;

const FLUSH_EVERY_MS = 1000;
/** Events kept in memory while storage takes none: an hour of them. */
const MOST_WAITING = 10_000;
const ASK_FIRST_MS = 5;
const ASK_LAST_MS = 2000;

interface Open {
  readonly stream: LocalStream;
  readonly kind: Kind;
  readonly encoding: "s24" | "f32";
  /** Camera slices are written one after the other. */
  slices: Promise<void>;
  stopMic: (() => void) | null;
  framing: Framing | null;
  told: boolean;
}

const open = new Map<string, Open>();
const sources = new Map<string, Holding>();
const opening = new Map<string, Promise<void>>();
const known = new Map<string, LocalStream>();
const renewals = new Map<string, (grant: Grant | null) => void>();
const pace = new Pace();
const finishing = new Set<Promise<void>>();
let held: LocalStream[] = [];
/** Events of before the events stream was granted, and of while there was no room for them. */
let waiting: StoredEvent[] = [];
let lacksRoom = false;
const clock = new ClockShift();
let askAfter = ASK_FIRST_MS;
let paused = false;
let tapped = false;
let flushing: ReturnType<typeof setInterval> | null = null;

/** Asked again until an answer is fast enough to know the shift to a millisecond. */
function askClock(): void {
  say({ is: "clock", asked_ms: clock.asked() });
}

function say(message: FromWorker, transfer: Transferable[] = []): void {
  self.postMessage(message, transfer);
}

const watching: Watching = {
  progress(stream) {
    const { journal } = stream;
    known.set(journal.stream, stream);
    say({
      is: "progress", stream: journal.stream, kind: journal.kind, take: journal.take,
      state: journal.state, written: stream.written, sent: stream.sent, why: journal.why,
    });
  },
  renew(stream, reason) {
    const { journal } = stream;
    return new Promise((resolve) => {
      renewals.set(journal.stream, resolve);
      say({
        is: "renew", stream: journal.stream, take: journal.take, kind: journal.kind, reason,
        streams_url: journal.streams_url,
      });
    });
  },
};

function trouble(stream: string, error: unknown): void {
  const name = error instanceof DOMException || error instanceof Error ? error.name : "Error";
  const says = error instanceof Error ? error.message : String(error);
  say({ is: "trouble", stream, code: name === "QuotaExceededError" ? "storage_full" : "storage_broken", says });
}

async function openStream(message: ToWorker & { do: "open" }): Promise<void> {
  const { grant, kind } = message;
  const now = Date.now();
  const stream = await LocalStream.create(
    {
      stream: grant.stream, take: message.take, kind, grant, streams_url: message.streams_url,
      state: "recording", why: "", opened_ms: now,
      keep_until_ms: now + message.keep_minutes * 60_000,
    },
    pace,
    watching,
  );
  known.set(grant.stream, stream);
  open.set(grant.stream, {
    stream, kind, encoding: message.encoding, slices: Promise.resolve(),
    stopMic: null, framing: null, told: false,
  });
  flushing ??= setInterval(flushAll, FLUSH_EVERY_MS);
  if (kind === "events") writeEvents();
  say({ is: "opened", stream: grant.stream });
  if (message.hold) held.push(stream);
  else void stream.send();
}

function flushAll(): void {
  for (const [id, one] of open) {
    try {
      one.stream.flush();
      watching.progress(one.stream);
    } catch (error) {
      giveUp(id, error);
    }
  }
}

/** Storage refuses: what stands is finished and sent, the page is told. */
function giveUp(id: string, error: unknown): void {
  trouble(id, error);
  say({ is: "ended", stream: id, why: "storage" });
  void finish(id);
}

/** Samples flow into memory from now on. */
function takeSource(source: string, start: (taking: Taking) => () => void): void {
  const holding = new Holding(() => paused, () => say({ is: "taking", source }));
  sources.set(source, holding);
  holding.stop = start(holding);
}

function dropSource(source: string): void {
  sources.get(source)?.stop();
  sources.delete(source);
}

function pour(source: string, id: string): void {
  const holding = sources.get(source);
  const one = open.get(id);
  if (!holding || !one) return dropSource(source);
  const kind = one.kind === "heard" ? "heard" : "mic";
  const framing = new Framing(id, uuidBytes(id), one.encoding, {
    block(bytes) {
      one.stream.append(bytes);
      if (one.told) return;
      one.told = true;
      addEvent({ t: clock.now(), type: "stream_start", stream: id, kind, rate: framing.rate });
      say({ is: "recording", stream: id, kind, rate: framing.rate });
    },
    level: (level) => kind === "mic" && say({ is: "level", level }),
    event: addEvent,
    samples(samples, rate, t) {
      if (tapped && kind === "mic") say({ is: "samples", samples, rate, t }, [samples.buffer as ArrayBuffer]);
    },
  }, kind);
  one.framing = framing;
  one.stopMic = () => dropSource(source);
  holding.pour(taking(id, framing));
}

function taking(id: string, framing: Framing): Taking {
  return {
    chunk(chunk) {
      if (!open.has(id)) return;
      try {
        if (framing.push(chunk)) return;
        void finish(id);
        say({ is: "ended", stream: id, why: "rate_changed" });
      } catch (error) {
        giveUp(id, error);
      }
    },
    ended(why) {
      void finish(id);
      say({ is: "ended", stream: id, why });
    },
  };
}

function addSlice(id: string, blob: Blob): void {
  const one = open.get(id);
  if (!one) return;
  one.slices = one.slices.then(async () => {
    const bytes = new Uint8Array(await blob.arrayBuffer());
    try {
      one.stream.append(bytes);
    } catch (error) {
      return giveUp(id, error);
    }
    if (one.told) return;
    one.told = true;
    say({ is: "recording", stream: id, kind: one.kind, rate: 0 });
  });
}

function addEvent(event: StoredEvent): void {
  waiting.push(event);
  writeEvents();
}

function writeEvents(): void {
  const events = [...open.values()].find((one) => one.kind === "events");
  if (!events) return;
  const lines = waiting.map((event) => `${JSON.stringify(event)}\n`).join("");
  try {
    events.stream.append(new TextEncoder().encode(lines));
    waiting = [];
  } catch (error) {
    // They wait for room, the oldest go first; one word of it is enough.
    if (!lacksRoom) trouble(events.stream.journal.stream, error);
    waiting = waiting.slice(-MOST_WAITING);
    lacksRoom = true;
    return;
  }
  lacksRoom = false;
}

function finish(id: string): Promise<void> {
  const one = open.get(id);
  if (!one) return Promise.resolve();
  one.stopMic?.();
  // The events stream outlives the others: how they stopped is written there.
  const first = one.kind === "events" ? Promise.all(finishing).then(() => undefined) : Promise.resolve();
  const done = first.then(() => {
    if (one.kind === "events" && waiting.length > 0) writeEvents();
    return finishNow(id, one);
  });
  finishing.add(done);
  return done.finally(() => finishing.delete(done));
}

async function finishNow(id: string, one: Open): Promise<void> {
  if (!open.delete(id)) return;
  try {
    one.framing?.flush();
    await one.slices;
  } catch (error) {
    trouble(id, error);
  }
  // What stands is whole to its last block, and says how much that is.
  if (one.framing) {
    addEvent({ t: clock.now(), type: "stream_stop", stream: id, samples: one.framing.written });
  }
  await one.stream.finish().catch((error: unknown) => trouble(id, error));
  if (open.size === 0 && flushing !== null) {
    clearInterval(flushing);
    flushing = null;
  }
}

function pause(on: boolean): void {
  if (on) for (const one of open.values()) one.framing?.restart();
  paused = on;
}

/** What may follow an `open` waits for it; the order of messages is the order of deeds. */
function afterOpen(id: string, act: () => void): void {
  (opening.get(id) ?? Promise.resolve()).then(act, act);
}

self.onmessage = (event: MessageEvent<ToWorker>): void => {
  const message = event.data;
  switch (message.do) {
    case "open": {
      const id = message.grant.stream;
      const done = openStream(message);
      opening.set(id, done);
      done.catch((error: unknown) => trouble(id, error)).finally(() => opening.delete(id));
      break;
    }
    case "source":
      takeSource(message.source, (taking) => readTrack(message.readable, clock, taking));
      break;
    case "source-port":
      takeSource(message.source, (taking) => readPort(message.port, message.rate, clock, taking));
      break;
    case "pour":
      afterOpen(message.stream, () => pour(message.source, message.stream));
      break;
    case "drop":
      dropSource(message.source);
      break;
    case "slice":
      afterOpen(message.stream, () => addSlice(message.stream, message.blob));
      break;
    case "event":
      addEvent(message.event);
      break;
    case "pause":
      pause(true);
      break;
    case "go-on":
      pause(false);
      break;
    case "finish":
      afterOpen(message.stream, () => void finish(message.stream));
      break;
    case "send":
      for (const stream of held) void stream.send();
      held = [];
      break;
    case "rate":
      pace.rate = message.bytes_per_second;
      break;
    case "tap":
      tapped = message.on;
      break;
    case "grant":
      renewals.get(message.stream)?.(message.grant);
      renewals.delete(message.stream);
      break;
    case "leftovers":
      finishLeftovers(pace, watching)
        .catch((error: unknown) => trouble("", error))
        .finally(() => say({ is: "idle" }));
      break;
    case "done-with":
      doneWith(message.take, known.values()).catch((error: unknown) => trouble("", error));
      break;
    case "clock":
      clock.heard(message.asked_ms, message.page_ms);
      if (clock.unsure) setTimeout(askClock, (askAfter = Math.min(2 * askAfter, ASK_LAST_MS)));
      break;
    case "wake":
      for (const stream of known.values()) stream.wake();
      break;
  }
};
askClock();

/**
 * Five seconds through the real pipe: recorded, stored here, sent, sealed, compared.
 *
 * On the way the microphone is listened to, the sweeps are played, and the uplink is timed.
 */
import { clientMs, wait } from "../kit/clock.ts";
import { Refusal } from "../recorder/link.ts";
import { Recorder } from "../recorder/recorder.ts";
import type { Found } from "./checks.ts";
import { CHIRP_LOUD, playSweeps } from "./chirp.ts";
import { findLeak, type Leak, LEAK_SECONDS } from "./leak.ts";
import { VoiceCheck } from "./voice.ts";

export interface LoopOptions {
  readonly subject: string;
  readonly streams_url: string;
  readonly encoding: "s24" | "f32";
  readonly min_uplink: number;
  readonly leak_limit_db: number;
}

export interface LoopHooks {
  level(voice: VoiceCheck): void;
  progress(key: string): void;
  refused(code: string, says: string): void;
}

export interface LoopResult {
  readonly voice: Found;
  readonly leak: Found;
  readonly uplink: Found;
  readonly pipe: Found;
  /** What was heard, to play it back. */
  readonly samples: Float32Array<ArrayBuffer>;
  readonly rate: number;
}

const SECONDS = 5;
/** A silent microphone is listened to for longer before it is called silent. */
const PATIENCE_S = 20;
const SENT_MS = 20_000;
const SEALED_MS = 15_000;

interface Heard {
  readonly samples: Float32Array;
  readonly t: number;
}

export async function recordLoop(
  mic: MediaStreamTrack,
  out: string,
  context: AudioContext,
  options: LoopOptions,
  hooks: LoopHooks,
): Promise<LoopResult> {
  const voice = new VoiceCheck();
  const heard: Heard[] = [];
  let rate = 0;
  let trouble = "";
  const recorder = new Recorder(
    { ...options, take: options.subject, keep_minutes: 0, hold: true, events: false },
    {
      level: (level) => {
        voice.hear(level);
        hooks.level(voice);
      },
      samples: (samples, hz, t) => {
        rate = hz;
        heard.push({ samples, t });
      },
      trouble: (code) => {
        trouble = code;
      },
    },
  );
  const nothing: Found = { problems: [], warnings: [], numbers: {} };
  try {
    await recorder.start(mic, null, "start");
  } catch (error) {
    if (error instanceof Refusal) hooks.refused(error.code, error.message);
    recorder.link.close();
    const code = error instanceof Refusal ? "pipe_refused" : "pipe_broken";
    const pipe = { problems: [code], warnings: [], numbers: {} };
    return { voice: nothing, leak: nothing, uplink: nothing, pipe, samples: new Float32Array(0), rate: 48000 };
  }
  const began = clientMs();
  await wait(800);
  const played = await playSweeps(context, out);
  const listen = (): number => (voice.heard ? SECONDS : PATIENCE_S);
  while (clientMs() - began < listen() * 1000 && !trouble) await wait(100);
  hooks.progress("greenroom.sending");
  const written = (): number => [...recorder.streams.values()].reduce((sum, one) => sum + one.written, 0);
  await recorder.stop();
  const uplink = await timeUplink(recorder, written(), options.min_uplink);
  const pipe = await verify(recorder, trouble);
  // The worker still removes the sealed file; what is not sealed it goes on to send.
  if (pipe.problems.length + pipe.warnings.length === 0) setTimeout(() => recorder.link.close(), 5000);
  return {
    voice: { problems: voice.problems(rate), warnings: [], numbers: { ...voice.result(rate), rate } },
    leak: judgeLeak(heard, rate, played, options.leak_limit_db),
    uplink, pipe, samples: join(heard.map((one) => one.samples)), rate: rate || 48000,
  };
}

async function timeUplink(recorder: Recorder, bytes: number, least: number): Promise<Found> {
  const began = clientMs();
  recorder.send();
  const sent = await recorder.reached(["declared", "sealed", "refused"], SENT_MS);
  const seconds = (clientMs() - began) / 1000;
  const speed = Math.round(bytes / Math.max(seconds, 0.001));
  const numbers = { bytes, seconds, bytes_per_second: speed };
  if (!sent) return { problems: ["uplink_slow"], warnings: [], numbers };
  // Half of what is asked still carries a scene, later than it is played; less does not.
  const problems = speed < least / 2 ? ["uplink_slow"] : [];
  return { problems, warnings: speed < least && !problems.length ? ["uplink_slow"] : [], numbers };
}

async function verify(recorder: Recorder, trouble: string): Promise<Found> {
  const sealed = await recorder.reached(["sealed", "refused"], SEALED_MS);
  const [stream] = [...recorder.streams.values()];
  const numbers = { state: stream?.state ?? "none", why: stream?.why ?? "", trouble };
  if (trouble) return { problems: [trouble === "storage_full" ? "storage_small" : "pipe_broken"], warnings: [], numbers };
  if (stream?.why === "receipt_wrong") return { problems: ["receipt_wrong"], warnings: [], numbers };
  if (stream?.why) return { problems: ["pipe_broken"], warnings: [], numbers };
  if (sealed) return { problems: [], warnings: [], numbers };
  // It is all at the door; only the seal takes its time. That must not keep anybody out.
  if (stream?.state === "declared") return { problems: [], warnings: ["receipt_late"], numbers };
  return { problems: ["pipe_broken"], warnings: [], numbers };
}

function judgeLeak(heard: readonly Heard[], rate: number, played: number | null, limit: number): Found {
  if (played === null) return { problems: [], warnings: ["leak_unsure"], numbers: { played: false, passed: false } };
  // A block's time is that of its last sample.
  const after = heard.filter(
    (one) => one.t > played && one.t < played + (LEAK_SECONDS + 2) * 1000,
  );
  const leak: Leak = findLeak(join(after.map((one) => one.samples)), rate, CHIRP_LOUD);
  const passed = (leak.leak_db ?? leak.bound_db) <= limit;
  const numbers = { ...leak, played: true, limit_db: limit, passed };
  if (leak.leak_db !== null && leak.leak_db > limit) return { problems: ["leak"], warnings: [], numbers };
  return { problems: [], warnings: passed ? [] : ["leak_unsure"], numbers };
}

function join(parts: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

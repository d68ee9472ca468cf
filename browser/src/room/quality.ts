/** How the call is doing, in numbers, in words, and in what uploads may use. */

export interface Quality {
  /** Round trip of the call, milliseconds. */
  readonly rtt_ms: number | null;
  /** Share of our packets the other side lost in the last interval, 0 to 1. */
  readonly lost: number | null;
  /** How long arriving sound waits in the jitter buffer, milliseconds. */
  readonly buffer_ms: number | null;
}

type Counters = { emitted: number; delay: number };

interface InboundAudio {
  readonly type: "inbound-rtp";
  readonly kind: string;
  readonly jitterBufferDelay?: number;
  readonly jitterBufferEmittedCount?: number;
}

/** Reads the statistics of one connection; `before` is the last reading's counters. */
export function readQuality(
  report: Iterable<readonly [string, unknown]>,
  before: Counters,
): { quality: Quality; counters: Counters } {
  let rtt: number | null = null;
  let lost: number | null = null;
  let counters = before;
  let buffer: number | null = null;
  for (const [, stat] of report) {
    const one = stat as { type: string; [field: string]: unknown };
    if (one.type === "candidate-pair" && one["nominated"] === true) {
      const seconds = one["currentRoundTripTime"];
      if (typeof seconds === "number") rtt = seconds * 1000;
    } else if (one.type === "remote-inbound-rtp" && typeof one["fractionLost"] === "number") {
      lost = Math.max(lost ?? 0, one["fractionLost"]);
    } else if (one.type === "inbound-rtp" && one["kind"] === "audio") {
      const audio = one as unknown as InboundAudio;
      counters = { emitted: audio.jitterBufferEmittedCount ?? 0, delay: audio.jitterBufferDelay ?? 0 };
      const emitted = counters.emitted - before.emitted;
      if (emitted > 0) buffer = ((counters.delay - before.delay) / emitted) * 1000;
    }
  }
  return { quality: { rtt_ms: rtt, lost, buffer_ms: buffer }, counters };
}

/** What lies outside the network: capture, coding and playback, by experience about this much. */
const MACHINES_MS = 60;

/** How long a word takes to the other's ear, in words' keys; null while unknown. */
export function delayKey(quality: Quality): "delay.instant" | "delay.slight" | "delay.over" | null {
  if (quality.rtt_ms === null) return null;
  const ms = quality.rtt_ms / 2 + (quality.buffer_ms ?? 40) + MACHINES_MS;
  if (ms <= 160) return "delay.instant";
  return ms <= 300 ? "delay.slight" : "delay.over";
}

const LEAST = 40_000;
const MOST = 4_000_000;
/** Slow enough that a narrow line is not filled again at the next look. */
const MORE = 1.125;

/**
 * Bytes a second that uploads may use next: halved while the call suffers, an eighth more while it
 * does not, no cap once it is far above need. `used` is what uploads took lately.
 */
export function uploadCap(quality: Quality, bestRtt: number, cap: number | null, used: number): number | null {
  const slow = quality.rtt_ms !== null && quality.rtt_ms > bestRtt + 150;
  const losing = quality.lost !== null && quality.lost > 0.05;
  if (slow || losing) return Math.max(LEAST, (cap ?? Math.max(used, LEAST * 2)) / 2);
  if (cap === null) return null;
  return cap * MORE > MOST ? null : cap * MORE;
}

/** Watches how the call does: words for the page, numbers for the events, a cap for the uploads. */
import { delayKey, type Quality, readQuality, uploadCap } from "./quality.ts";

export interface CareHooks {
  connection(): RTCPeerConnection | null;
  /** Bytes that uploads have sent so far. */
  sent(): number;
  cap(bytesPerSecond: number | null): void;
  delay(key: string | null): void;
  quality(quality: Quality): void;
}

const EVERY_MS = 2000;

/** Looks every two seconds until the answer is called. */
export function careForCall(hooks: CareHooks): () => void {
  let counters = { emitted: 0, delay: 0 };
  let best = Number.POSITIVE_INFINITY;
  let cap: number | null = null;
  let sentBefore = 0;
  const look = async (): Promise<void> => {
    const connection = hooks.connection();
    if (!connection) return;
    const report = (await connection.getStats()) as unknown as Iterable<readonly [string, unknown]>;
    const read = readQuality(report, counters);
    counters = read.counters;
    const { quality } = read;
    if (quality.rtt_ms !== null) best = Math.min(best, quality.rtt_ms);
    const sent = hooks.sent();
    const next = uploadCap(quality, best, cap, Math.max(0, ((sent - sentBefore) * 1000) / EVERY_MS));
    sentBefore = sent;
    if (next !== cap) hooks.cap(next);
    cap = next;
    hooks.delay(delayKey(quality));
    hooks.quality(quality);
  };
  const timer = setInterval(() => void look(), EVERY_MS);
  return () => clearInterval(timer);
}

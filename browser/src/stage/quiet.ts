/**
 * Finds the performer's own pauses from their own microphone's level. Local, live, never stored.
 *
 * Speech is what stands well above the quietest tenth of the last ten seconds.
 */

const KEPT = 100;
const ABOVE_DB = 10;
const NEVER_SPEECH_DB = -60;
/** Ten seconds without a breath are no noise floor. */
const HIGHEST_FLOOR_DB = -45;

export class Quiet {
  #levels: number[] = [];
  #spokeAt: number | null = null;
  #first: number | null = null;

  /** One level of about 100 ms, at a client time in milliseconds. */
  hear(rmsDb: number, atMs: number): void {
    this.#first ??= atMs;
    this.#levels.push(rmsDb);
    if (this.#levels.length > KEPT) this.#levels.shift();
    if (rmsDb > Math.max(Math.min(this.floor(), HIGHEST_FLOOR_DB) + ABOVE_DB, NEVER_SPEECH_DB)) this.#spokeAt = atMs;
  }

  /** What is heard next is not a continuation: the time between was not listened to. */
  reset(): void {
    this.#spokeAt = null;
    this.#first = null;
  }

  /** Noise floor, dB of full scale. */
  floor(): number {
    const sorted = [...this.#levels].sort((left, right) => left - right);
    return sorted[Math.floor(sorted.length / 10)] ?? -120;
  }

  /** For how long nothing was said, milliseconds. */
  forMs(nowMs: number): number {
    const since = this.#spokeAt ?? this.#first;
    return since === null ? 0 : Math.max(0, nowMs - since);
  }
}

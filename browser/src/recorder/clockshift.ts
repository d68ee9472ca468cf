/**
 * A worker's clock, laid on its page's.
 *
 * Both count Unix milliseconds from the moment they began. Where the machine's time was set between
 * those moments, they stand apart for good; pings, blocks and events must not.
 *
 * The worker asks and the page answers, so that each answer says how wrong it can be: the page read
 * its clock between question and answer. A message that only came would be as late as the worker's
 * start took, which is tens to hundreds of milliseconds.
 */

/** Smaller than this is the way of the messages, not the clocks. */
const SAME_MS = 0.5;

export class ClockShift {
  #shift = 0;
  #wait = Number.POSITIVE_INFINITY;

  constructor(private readonly own: () => number = () => performance.timeOrigin + performance.now()) {}

  /** What a question carries. */
  asked(): number {
    return this.own();
  }

  /** The page's clock, as it answered the question asked at `askedMs`; the fastest answer decides. */
  heard(askedMs: number, pageMs: number): void {
    const now = this.own();
    if (now - askedMs >= this.#wait) return;
    this.#wait = now - askedMs;
    const apart = (askedMs + now) / 2 - pageMs;
    // Half the wait is what the answer may be off: a shift that small may be none.
    this.#shift = Math.abs(apart) <= Math.max(SAME_MS, this.#wait / 2) ? 0 : apart;
  }

  /** True while a faster answer would tell more. */
  get unsure(): boolean {
    return this.#wait > 2;
  }

  /** Milliseconds of the page's clock. */
  now(): number {
    return this.own() - this.#shift;
  }
}

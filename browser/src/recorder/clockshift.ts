/**
 * A worker's clock, laid on its page's.
 *
 * Both count Unix milliseconds from the moment they began. Where the machine's time was set between
 * those moments, they stand apart for good; pings, blocks and events must not.
 */

/** Smaller than this is the way of the message, not the clock. */
const SAME_MS = 0.5;

export class ClockShift {
  #shift: number | null = null;

  constructor(private readonly own: () => number = () => performance.timeOrigin + performance.now()) {}

  /** The page's clock when it sent a message that has just arrived; the fastest message decides. */
  heard(pageMs: number): void {
    const late = this.own() - pageMs;
    if (this.#shift === null || late < this.#shift) this.#shift = late;
  }

  /** Milliseconds of the page's clock. */
  now(): number {
    const shift = this.#shift ?? 0;
    return this.own() - (Math.abs(shift) < SAME_MS ? 0 : shift);
  }
}

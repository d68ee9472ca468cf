/** A cap on upload speed shared by all streams of a page, so that the call goes first. */

export interface Waiting {
  (ms: number): Promise<void>;
}

export class Pace {
  #rate: number | null = null;
  #free = 0;
  #last: number;

  constructor(
    private readonly now: () => number = () => performance.now(),
    private readonly wait: Waiting = (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  ) {
    this.#last = this.now();
  }

  /** Bytes a second, or null for as fast as it goes. */
  set rate(rate: number | null) {
    this.#refill();
    this.#rate = rate === null ? null : Math.max(1000, rate);
    this.#free = Math.min(this.#free, 0);
  }

  get rate(): number | null {
    return this.#rate;
  }

  /** Resolves when `bytes` may be sent. A piece may overdraw once; the next one waits for it. */
  async take(bytes: number): Promise<void> {
    for (;;) {
      this.#refill();
      if (this.#rate === null) return;
      if (this.#free >= 0) {
        this.#free -= bytes;
        return;
      }
      await this.wait(Math.min(500, Math.ceil((-this.#free / this.#rate) * 1000)));
    }
  }

  #refill(): void {
    const now = this.now();
    if (this.#rate !== null) {
      this.#free = Math.min(this.#rate / 2, this.#free + ((now - this.#last) / 1000) * this.#rate);
    }
    this.#last = now;
  }
}

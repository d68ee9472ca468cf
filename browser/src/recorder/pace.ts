/**
 * A cap on upload speed shared by all streams of a page, so that the call goes first.
 *
 * What comes last (the partner as heard) is sent only while nobody else wants to: it never takes a
 * byte of the rate that a microphone or a camera waits for.
 */

export interface Waiting {
  (ms: number): Promise<void>;
}

const LOOK_MS = 100;
/** How much of a second one piece may fill while there is a cap, and its least size in bytes. */
const PIECE_S = 0.25;
const LEAST_PIECE = 16 * 1024;

export class Pace {
  #rate: number | null = null;
  #free = 0;
  #last: number;
  /** Others that wait or send now. */
  #busy = 0;

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

  /** The largest piece to send at once: under a cap a whole one would hold the call up for seconds. */
  piece(largest: number): number {
    if (this.#rate === null) return largest;
    return Math.min(largest, Math.max(LEAST_PIECE, Math.floor(this.#rate * PIECE_S)));
  }

  /** Resolves when `bytes` may be sent. A piece may overdraw once; the next one waits for it. */
  async take(bytes: number): Promise<void> {
    while (!this.#ready()) {
      await this.wait(Math.min(500, Math.ceil((-this.#free / (this.#rate ?? 1)) * 1000)));
    }
    if (this.#rate !== null) this.#free -= bytes;
  }

  /** Runs one sending; what comes last waits until no other runs, and for the rate as all do. */
  async turn<T>(bytes: number, last: boolean, send: () => Promise<T>): Promise<T> {
    if (last) {
      // The rate is taken only once nobody else wants it, in the same moment as it is used.
      while (this.#busy > 0 || !this.#ready()) await this.wait(LOOK_MS);
      if (this.#rate !== null) this.#free -= bytes;
      return send();
    }
    this.#busy += 1;
    try {
      await this.take(bytes);
      return await send();
    } finally {
      this.#busy -= 1;
    }
  }

  #ready(): boolean {
    this.#refill();
    return this.#rate === null || this.#free >= 0;
  }

  #refill(): void {
    const now = this.now();
    if (this.#rate !== null) {
      this.#free = Math.min(this.#rate / 2, this.#free + ((now - this.#last) / 1000) * this.#rate);
    }
    this.#last = now;
  }
}

/** The booking's clock for one page: what is due eight minutes before the end, and at the end. */

const LAST_ONE_S = 8 * 60;

export class Hours {
  #told = 0;

  /** ends_at: stage clock, Unix seconds; null where the booking has no end. */
  constructor(
    private readonly ends_at: number | null,
    /** Something is due: the table says so. */
    private readonly due: () => void,
  ) {}

  /** Whether to say *Last one, if you like*, at this time of the stage clock. */
  lastOne(at: number): boolean {
    const left = this.ends_at === null ? Infinity : this.ends_at - at;
    const stage = left <= 0 ? 2 : left < LAST_ONE_S ? 1 : 0;
    if (stage > this.#told) {
      this.#told = stage;
      this.due();
    }
    return stage === 1;
  }
}

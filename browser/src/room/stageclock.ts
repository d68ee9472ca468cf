/**
 * The server's clock as seen from here, by pings.
 *
 * For what a page shows and stamps now. The exact map is fitted later from every stored ping.
 */

export interface Ping {
  readonly t0_ms: number;
  readonly t1_s: number;
  readonly t2_s: number;
  readonly t3_ms: number;
}

const KEPT = 60;

export class StageClock {
  #pings: { readonly rtt: number; readonly offset: number }[] = [];

  /** Adds one answered ping. */
  add(ping: Ping): void {
    const rtt = ping.t3_ms - ping.t0_ms - (ping.t2_s - ping.t1_s) * 1000;
    const offset = ((ping.t1_s + ping.t2_s) * 1000 - ping.t0_ms - ping.t3_ms) / 2;
    this.#pings.push({ rtt, offset });
    if (this.#pings.length > KEPT) this.#pings.shift();
  }

  /** Round trip of the fastest recent ping, milliseconds; null before the first. */
  get rtt(): number | null {
    return this.#best()?.rtt ?? null;
  }

  /** Stage clock, Unix seconds, at a client time; the client's own clock before the first ping. */
  at(clientMs: number): number {
    return (clientMs + (this.#best()?.offset ?? 0)) / 1000;
  }

  /** Client milliseconds of a stage clock time. */
  client(stageSeconds: number): number {
    return stageSeconds * 1000 - (this.#best()?.offset ?? 0);
  }

  #best(): { readonly rtt: number; readonly offset: number } | null {
    return this.#pings.reduce<{ readonly rtt: number; readonly offset: number } | null>(
      (best, one) => (best === null || one.rtt < best.rtt ? one : best),
      null,
    );
  }
}

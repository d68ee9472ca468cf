/**
 * Cues on one performer's screen: wait for the own pause, show for six seconds, fold to a dot.
 *
 * Pure but for what it calls: the page gives levels and time, and draws what it is told.
 */
import type { Painted } from "../kit/dom.ts";
import { Quiet } from "./quiet.ts";

export interface Offer {
  readonly cue: string;
  readonly action: string;
  /** "affection 2", or "": it is sent only to who is to see it. */
  readonly aim: string;
  readonly empty: boolean;
}

export type Answer = "took" | "bent" | "let_go";

export interface OffersTo {
  /** Draws the offer; resolves after it was painted. */
  show(offer: Offer): Promise<Painted>;
  fold(offer: Offer): void;
  clear(): void;
  displayed(offer: Offer, painted: Painted): void;
  /** Always after `displayed`; `atMs` is when the key was pressed. */
  answered(offer: Offer, answer: Answer, atMs: number): void;
}

const QUIET_MS = 800;
const LONGEST_WAIT_MS = 12_000;
const SHOWN_MS = 6000;

export class Offers {
  readonly #quiet = new Quiet();
  #waiting: readonly { readonly offer: Offer; readonly since: number }[] = [];
  #current: {
    readonly offer: Offer;
    foldAt: number;
    answered: boolean;
    folded: boolean;
    /** Settles when it was told that the offer is on screen. */
    told: Promise<void>;
  } | null = null;
  #pausedAt: number | null = null;

  constructor(
    private readonly to: OffersTo,
    private readonly wait: boolean,
  ) {}

  /** A cue arrived. */
  offer(offer: Offer, nowMs: number): void {
    if (this.#waiting.some((one) => one.offer.cue === offer.cue) || this.#current?.offer.cue === offer.cue) return;
    this.#waiting = [...this.#waiting, { offer, since: nowMs }];
    this.tick(nowMs);
  }

  /** The own microphone's level. */
  level(rmsDb: number, atMs: number): void {
    this.#quiet.hear(rmsDb, atMs);
    this.tick(atMs);
  }

  /** Looks whether something is due. */
  tick(nowMs: number): void {
    if (this.#pausedAt !== null) return;
    const current = this.#current;
    if (current && !current.folded && nowMs >= current.foldAt) {
      current.folded = true;
      this.to.fold(current.offer);
    }
    const [next] = this.#waiting;
    if (!next || (current && !current.folded)) return;
    const due = !this.wait || this.#quiet.forMs(nowMs) >= QUIET_MS || nowMs - next.since >= LONGEST_WAIT_MS;
    if (due) this.#show(nowMs);
  }

  /** Shows the folded offer once more. */
  again(nowMs: number): void {
    const current = this.#current;
    if (!current?.folded || current.answered) return;
    current.folded = false;
    current.foldAt = nowMs + SHOWN_MS;
    void this.to.show(current.offer);
  }

  /** What the performer did with the offer on screen or in the dot; the first answer counts. */
  answer(answer: Answer, nowMs: number): boolean {
    const current = this.#current;
    if (!current || current.answered) return false;
    current.answered = true;
    current.folded = true;
    this.to.clear();
    // A quick key comes before the offer is painted: nobody is to read an answer to what was not shown.
    void current.told.then(() => this.to.answered(current.offer, answer, nowMs));
    return true;
  }

  /** Nothing is shown, folded or waited for while the screens are blank. */
  pause(on: boolean, nowMs: number): void {
    if (on) {
      this.#pausedAt ??= nowMs;
      return;
    }
    const away = this.#pausedAt === null ? 0 : nowMs - this.#pausedAt;
    this.#pausedAt = null;
    this.#quiet.reset();
    this.#waiting = this.#waiting.map(({ offer, since }) => ({ offer, since: Math.min(since + away, nowMs) }));
    if (this.#current) this.#current.foldAt += away;
  }

  /** The scene is over: what was not shown never is. */
  clear(): void {
    this.#waiting = [];
    this.#current = null;
    this.to.clear();
  }

  #show(nowMs: number): void {
    const [next, ...rest] = this.#waiting;
    if (!next) return;
    this.#waiting = rest;
    const told = this.to.show(next.offer).then(
      (painted) => this.to.displayed(next.offer, painted),
      () => undefined,
    );
    this.#current = { offer: next.offer, foldAt: nowMs + SHOWN_MS, answered: false, folded: false, told };
  }
}

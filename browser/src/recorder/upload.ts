/**
 * Sends one local file to the door until its sealed receipt equals what is here.
 *
 * Only bytes that were flushed are sent, so the door never holds what a power cut could take from
 * this side. After any failure the door is asked for its offset; what it lacks is read again.
 */
import type { Pace } from "./pace.ts";
import type { Door, Outcome } from "./tus.ts";

export const PIECE = 256 * 1024;
/** A growing stream is sent about this often; a finished one as fast as it goes. */
export const EVERY_MS = 1000;
/** So often what comes last. */
export const LAST_EVERY_MS = 5000;

export interface Source {
  /** Sent when nothing else is, and seldom: no take waits for it. */
  readonly last?: boolean;
  /** Bytes that are flushed to this browser's storage. */
  durable(): number;
  /** True once nothing more will be written. */
  finished(): boolean;
  read(at: number, length: number): Uint8Array<ArrayBuffer>;
  /** StreamHash of the whole; asked only when finished. */
  hash(): Promise<string>;
}

export type End =
  | { readonly is: "sealed"; readonly at: number }
  | { readonly is: "stopped" }
  /** Nothing more can be done here; the local bytes stay. */
  | { readonly is: "refused"; readonly why: string };

export interface Hooks {
  /** The door's answer to "how much do you have" or to an append. */
  sent?(offset: number): void;
  declared?(length: number, hash: string): void;
  /** A fresh passage: same stream, or a new one where the door closed the old. Null: none to be had. */
  renew?(reason: "renew" | "suspect"): Promise<Door | null>;
  /** Waits; tests pass their own. Resolves early when `wake` is called. */
  wait?(ms: number): Promise<void>;
  now?(): number;
}

const LONGEST_WAIT_MS = 15_000;
const RECEIPT_WAITS_MS = [300, 500, 1000, 2000, 4000, 8000, 15_000, 30_000];

export class Upload {
  #stopped = false;
  #wake: (() => void) | null = null;
  #failures = 0;
  #renewals = 0;
  #lastSent = Number.NEGATIVE_INFINITY;
  /** What the door is known to hold. */
  offset = 0;

  constructor(
    private readonly source: Source,
    private door: Door,
    private readonly pace: Pace,
    private readonly hooks: Hooks = {},
    /** Create without asking first: nobody sent this stream before, or its token is new. */
    private fresh = false,
  ) {}

  stop(): void {
    this.#stopped = true;
    this.wake();
  }

  /** Looks again now: the file was finished, or the network is back. */
  wake(): void {
    this.#wake?.();
  }

  async run(): Promise<End> {
    let known = false;
    while (!this.#stopped) {
      const outcome = known ? await this.#step() : await this.#find();
      if (outcome === "declared") return this.#awaitReceipt();
      if (outcome === "stopped") break;
      if (outcome.is === "ok") {
        this.#failures = 0;
        known = true;
        this.offset = outcome.offset;
        this.hooks.sent?.(outcome.offset);
        if (outcome.length !== null && outcome.length === outcome.offset) return this.#awaitReceipt();
        continue;
      }
      known = false;
      if (outcome.is === "refused") return { is: "refused", why: outcome.why };
      if (outcome.is === "shut" || outcome.is === "gone") {
        const refusal = await this.#renew(outcome);
        if (refusal) return refusal;
      }
      await this.#backOff();
    }
    return { is: "stopped" };
  }

  /** Where does the door stand? Creates the upload where there is none. */
  async #find(): Promise<Outcome> {
    if (this.fresh) {
      this.fresh = false;
      return this.door.create();
    }
    const found = await this.door.offset();
    return found.is === "unknown" ? this.door.create() : found;
  }

  async #step(): Promise<Outcome | "declared" | "stopped"> {
    const now = this.hooks.now ?? (() => performance.now());
    while (!this.#stopped) {
      const finished = this.source.finished();
      const left = this.source.durable() - this.offset;
      const every = this.source.last ? LAST_EVERY_MS : EVERY_MS;
      const due = now() - this.#lastSent >= every;
      const piece = this.pace.piece(PIECE);
      if (left > 0 && (finished || left >= piece || due)) {
        const bytes = this.source.read(this.offset, Math.min(left, piece));
        return this.pace.turn(bytes.length, this.source.last ?? false, () => {
          this.#lastSent = now();
          return this.door.append(this.offset, bytes);
        });
      }
      if (finished && left <= 0) return this.#declare(left);
      await this.#wait(due ? 100 : Math.max(20, every - (now() - this.#lastSent)));
    }
    return "stopped";
  }

  async #declare(left: number): Promise<Outcome | "declared"> {
    const length = this.source.durable();
    if (left < 0) {
      // The door holds more than we do: a power cut took our tail. Its length stands, unhashed.
      const outcome = await this.door.declare(this.offset, null);
      return outcome.is === "ok" ? { is: "refused", why: "shorter_here" } : outcome;
    }
    const hash = await this.source.hash();
    const outcome = await this.door.declare(length, hash);
    if (outcome.is !== "ok") return outcome;
    this.hooks.declared?.(length, hash);
    return "declared";
  }

  async #awaitReceipt(): Promise<End> {
    const hash = await this.source.hash();
    const length = this.source.durable();
    for (let nth = 0; !this.#stopped; nth++) {
      const receipt = await this.door.receipt();
      if (receipt) {
        const equal = receipt.length === length && receipt.hash === hash;
        return equal ? { is: "sealed", at: receipt.sealed_at } : { is: "refused", why: "receipt_wrong" };
      }
      await this.#wait(RECEIPT_WAITS_MS[Math.min(nth, RECEIPT_WAITS_MS.length - 1)] ?? 30_000);
    }
    return { is: "stopped" };
  }

  async #renew(outcome: Outcome & { is: "shut" | "gone" }): Promise<End | null> {
    const why = outcome.is === "shut" ? outcome.why : "gone";
    if (this.#renewals >= 3) return { is: "refused", why };
    this.#renewals += 1;
    const door = await this.hooks.renew?.(outcome.is === "gone" ? "suspect" : "renew");
    if (!door) return { is: "refused", why };
    this.door = door;
    // Creating again, with a token that lasts longer, also opens what had expired.
    this.fresh = true;
    return null;
  }

  async #backOff(): Promise<void> {
    const longest = Math.min(LONGEST_WAIT_MS, 250 * 2 ** this.#failures);
    this.#failures += 1;
    // Half fixed, half by chance, so that many browsers do not come back in step.
    await this.#wait(longest / 2 + (Math.random() * longest) / 2);
  }

  #wait(ms: number): Promise<void> {
    if (this.hooks.wait) return this.hooks.wait(ms);
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#wake = null;
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#wake = done;
    });
  }
}

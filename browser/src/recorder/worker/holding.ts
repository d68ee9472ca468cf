/**
 * A source whose stream is not granted yet: what it gives waits in memory, in order.
 *
 * The server's answer takes a moment, and nobody waits with the first word for it. Nothing of it is
 * written or sent until the stream is there; without one it is forgotten.
 */
import type { Chunk } from "../framing.ts";
import type { Taking } from "./mic.ts";

/** A grant that takes longer is a server that is gone: seconds kept, the latest ones. */
const MOST_SECONDS = 30;

export class Holding implements Taking {
  #chunks: Chunk[] = [];
  #seconds = 0;
  #ended: string | null = null;
  #to: Taking | null = null;
  #any = false;
  /** Ends the flow. */
  stop: () => void = () => undefined;

  constructor(
    /** True while nothing may be kept. */
    private readonly paused: () => boolean,
    private readonly first: () => void,
  ) {}

  chunk(chunk: Chunk): void {
    if (this.paused()) return;
    if (!this.#any) this.first();
    this.#any = true;
    if (this.#to) return this.#to.chunk(chunk);
    this.#chunks.push(chunk);
    this.#seconds += length(chunk);
    while (this.#seconds > MOST_SECONDS) this.#seconds -= length(this.#chunks.shift()!);
  }

  ended(why: string): void {
    if (this.#to) this.#to.ended(why);
    else this.#ended ??= why;
  }

  /** What waited goes on first; from now on everything goes through. */
  pour(to: Taking): void {
    this.#to = to;
    for (const chunk of this.#chunks.splice(0)) to.chunk(chunk);
    if (this.#ended !== null) to.ended(this.#ended);
  }
}

function length(chunk: Chunk): number {
  return (chunk.planes[0]?.length ?? 0) / chunk.rate;
}

/**
 * Collects device chunks into blocks of about 100 ms.
 *
 * Samples are counted, time stamps are only noted: a gap is a lasting deficit of samples against
 * the clock, and that is judged where both are known. A jump of the device's stamps is told.
 */
import { encodeBlock, F32, NO_DEVICE_TIME, S24 } from "./blocks.ts";
import { levelOf, toMono } from "./mono.ts";
import type { Level, StoredEvent } from "./protocol.ts";

export interface Chunk {
  readonly planes: readonly Float32Array[];
  readonly rate: number;
  /** Microseconds of the device's clock at the first sample; null where the source has none. */
  readonly deviceUs: number | null;
  /** Client clock, milliseconds, at which the chunk was handed to us. */
  readonly clientMs: number;
}

export interface FramingTo {
  block(bytes: Uint8Array<ArrayBuffer>): void;
  level(level: Level): void;
  event(event: StoredEvent): void;
  samples?(samples: Float32Array, rate: number, clientMs: number): void;
}

const JUMP_US = 50_000;

export class Framing {
  #parts: Float32Array[] = [];
  #count = 0;
  #sequence = 0;
  #first = 0;
  #deviceUs: bigint = NO_DEVICE_TIME;
  #expectedUs: number | null = null;
  #lastMs = 0;
  #mono: "identical" | "mean" | null = null;
  /** Samples a second; known from the first chunk. */
  rate = 0;

  constructor(
    private readonly streamId: string,
    private readonly stream: Uint8Array,
    private readonly encoding: "s24" | "f32",
    private readonly to: FramingTo,
    private readonly kind: "mic" | "heard" = "mic",
  ) {}

  /** Samples written so far, in whole blocks. */
  get written(): number {
    return this.#first;
  }

  /** False where the chunk's rate is not the stream's: then it was not taken. */
  push(chunk: Chunk): boolean {
    if (this.rate === 0) this.rate = chunk.rate;
    else if (chunk.rate !== this.rate) return false;
    const { samples, mixed } = toMono(chunk.planes);
    this.#tellChannels(chunk, mixed);
    this.#tellJump(chunk, samples.length);
    if (this.#count === 0) {
      this.#deviceUs = chunk.deviceUs === null ? NO_DEVICE_TIME : BigInt(Math.round(chunk.deviceUs));
    }
    this.#parts.push(samples);
    this.#count += samples.length;
    this.#lastMs = chunk.clientMs;
    if (this.#count * 10 >= this.rate) this.flush();
    return true;
  }

  /** Writes what is collected as one block, short or not. */
  flush(): void {
    if (this.#count === 0) return;
    const samples = new Float32Array(this.#count);
    let at = 0;
    for (const part of this.#parts) {
      samples.set(part, at);
      at += part.length;
    }
    const head = {
      stream: this.stream,
      encoding: this.encoding === "s24" ? S24 : F32,
      sequence: this.#sequence,
      rate: this.rate,
      firstSample: BigInt(this.#first),
      deviceUs: this.#deviceUs,
      clientUs: BigInt(Math.round(this.#lastMs * 1000)),
    } as const;
    this.to.block(encodeBlock(head, samples));
    this.#sequence += 1;
    this.#first += this.#count;
    this.#parts = [];
    this.#count = 0;
    this.to.level({ ...levelOf(samples), samples: this.#first, t: this.#lastMs });
    this.to.samples?.(samples, this.rate, this.#lastMs);
  }

  /** After a pause the device's clock has moved on; that is no jump. */
  restart(): void {
    this.flush();
    this.#expectedUs = null;
  }

  #tellChannels(chunk: Chunk, mixed: boolean): void {
    // Once the channels were seen to differ the mean stands, silence in both or not.
    const mono = mixed || this.#mono === "mean" ? "mean" : "identical";
    if (mono === this.#mono) return;
    this.#mono = mono;
    this.to.event({
      t: chunk.clientMs, type: "settings", stream: this.streamId, kind: `${this.kind}_channels`,
      channels: chunk.planes.length, mono, rate: this.rate,
    });
  }

  #tellJump(chunk: Chunk, count: number): void {
    if (chunk.deviceUs === null) return;
    const jump = this.#expectedUs === null ? 0 : chunk.deviceUs - this.#expectedUs;
    if (Math.abs(jump) > JUMP_US) {
      this.to.event({
        t: chunk.clientMs, type: "glitch", stream: this.streamId, kind: "device_time_jump",
        at_sample: this.#first + this.#count, jump_us: Math.round(jump),
      });
    }
    this.#expectedUs = chunk.deviceUs + (count / this.rate) * 1e6;
  }
}

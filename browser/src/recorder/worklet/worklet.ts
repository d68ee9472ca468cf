/**
 * The fallback microphone, and the partner as heard: hands samples to the recorder worker by a port
 * of its own. The main thread only connects the two ends.
 */

declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
interface Options {
  /** Blocks of 128 samples that go in one message. */
  readonly processorOptions: { readonly quanta: number };
}
declare function registerProcessor(name: string, processor: new (options: Options) => AudioWorkletProcessor): void;

class Taker extends AudioWorkletProcessor {
  #out: MessagePort | null = null;
  #parts: Float32Array[][] = [];
  readonly #quanta: number;

  constructor(options: Options) {
    super();
    this.#quanta = options.processorOptions.quanta;
    this.port.onmessage = (message: MessageEvent<MessagePort>) => {
      this.#out = message.data;
    };
  }

  process(inputs: readonly (readonly Float32Array[])[]): boolean {
    const channels = inputs[0];
    if (!this.#out || !channels?.length) return true;
    this.#parts.push(channels.map((channel) => channel.slice()));
    if (this.#parts.length >= this.#quanta) this.#send(this.#out);
    return true;
  }

  #send(out: MessagePort): void {
    const quanta = this.#parts;
    this.#parts = [];
    const count = Math.min(...quanta.map((quantum) => quantum.length));
    const planes = Array.from({ length: count }, (_, channel) => {
      const whole = new Float32Array(quanta.length * 128);
      quanta.forEach((quantum, nth) => whole.set(quantum[channel] ?? [], nth * 128));
      return whole;
    });
    out.postMessage({ planes }, planes.map((plane) => plane.buffer));
  }
}

registerProcessor("yesand-taker", Taker);

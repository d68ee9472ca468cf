/**
 * The fallback microphone: hands samples to the recorder worker by a port of its own.
 *
 * Eight quanta (1,024 samples) go in one message. The main thread only connects the two ends.
 */

declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;

const QUANTA = 8;

class Taker extends AudioWorkletProcessor {
  #out: MessagePort | null = null;
  #parts: Float32Array[][] = [];

  constructor() {
    super();
    this.port.onmessage = (message: MessageEvent<MessagePort>) => {
      this.#out = message.data;
    };
  }

  process(inputs: readonly (readonly Float32Array[])[]): boolean {
    const channels = inputs[0];
    if (!this.#out || !channels?.length) return true;
    this.#parts.push(channels.map((channel) => channel.slice()));
    if (this.#parts.length >= QUANTA) this.#send(this.#out);
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

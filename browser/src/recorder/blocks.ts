/**
 * Framed audio blocks, the bytes of `mic.pcm`; `yesand.formats.blocks` reads and writes the same.
 *
 * Header, 64 bytes little-endian: magic "YAB1", version, encoding, stream id, sequence, rate,
 * first sample, device µs, client µs, payload length, CRC32C over header[0:60] and payload.
 */
import { crc32c } from "./crc32c.ts";

export const HEADER_BYTES = 64;
export const S24 = 1;
export const F32 = 2;
/** Device time where the source gives none (an AudioWorklet). */
export const NO_DEVICE_TIME = -(2n ** 63n);

const FULL_SCALE = 1 << 23;

export interface BlockHead {
  /** The stream's UUID, 16 bytes. */
  readonly stream: Uint8Array;
  readonly encoding: typeof S24 | typeof F32;
  readonly sequence: number;
  /** Samples a second, as the device delivers them. */
  readonly rate: number;
  readonly firstSample: bigint;
  readonly deviceUs: bigint;
  /** Unix microseconds at which the block's last sample was handed to us. */
  readonly clientUs: bigint;
}

/** One float in [-1, 1] as a 24-bit integer: one linear scale, ties up, clipped. */
export function toS24(value: number): number {
  return Math.max(-FULL_SCALE, Math.min(FULL_SCALE - 1, Math.round(value * FULL_SCALE)));
}

/** A UUID's text as its 16 bytes. Throws on anything else. */
export function uuidBytes(text: string): Uint8Array {
  const hex = text.replaceAll("-", "");
  if (!/^[0-9a-f]{32}$/i.test(hex)) throw new Error(`not a stream id: ${text}`);
  return Uint8Array.from({ length: 16 }, (_, at) => Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16));
}

/** One block as bytes: header and payload. */
export function encodeBlock(head: BlockHead, samples: Float32Array): Uint8Array<ArrayBuffer> {
  const wide = head.encoding === S24 ? 3 : 4;
  const bytes = new Uint8Array(HEADER_BYTES + samples.length * wide);
  const view = new DataView(bytes.buffer);
  bytes.set([0x59, 0x41, 0x42, 0x31], 0);
  view.setUint16(4, 1, true);
  view.setUint16(6, head.encoding, true);
  bytes.set(head.stream, 8);
  view.setUint32(24, head.sequence, true);
  view.setUint32(28, head.rate, true);
  view.setBigUint64(32, head.firstSample, true);
  view.setBigInt64(40, head.deviceUs, true);
  view.setBigInt64(48, head.clientUs, true);
  view.setUint32(56, samples.length * wide, true);
  let at = HEADER_BYTES;
  if (head.encoding === S24) {
    for (const sample of samples) {
      const value = toS24(sample);
      bytes[at] = value & 255;
      bytes[at + 1] = (value >> 8) & 255;
      bytes[at + 2] = (value >> 16) & 255;
      at += 3;
    }
  } else {
    for (const sample of samples) {
      view.setFloat32(at, sample, true);
      at += 4;
    }
  }
  view.setUint32(60, crc32c(bytes.subarray(HEADER_BYTES), crc32c(bytes.subarray(0, 60))), true);
  return bytes;
}

/** A moment of this browser's own microphone, read from its own file before anything is sealed. */
import { readJournals, streamsFolder } from "../recorder/journal.ts";
import { HEADER_BYTES } from "../recorder/blocks.ts";

export interface Moment {
  readonly rate: number;
  readonly samples: Float32Array<ArrayBuffer>;
}

/** Samples between two times of this browser's clock (ms), or null where the file is gone. */
export async function localMoment(take: string, fromMs: number, toMs: number): Promise<Moment | null> {
  const folder = await streamsFolder();
  const { journals } = await readJournals(folder);
  for (const journal of journals) {
    if (journal.take !== take || journal.kind !== "mic") continue;
    const file = await (await folder.getFileHandle(`${journal.stream}.bin`)).getFile();
    const found = cut(await file.arrayBuffer(), fromMs, toMs);
    if (found) return found;
  }
  return null;
}

/** Walks the blocks; a block's clock is that of its last sample. */
export function cut(bytes: ArrayBuffer, fromMs: number, toMs: number): Moment | null {
  const view = new DataView(bytes);
  const parts: Float32Array[] = [];
  let rate = 0;
  for (let at = 0; at + HEADER_BYTES <= bytes.byteLength; ) {
    if (view.getUint32(at, false) !== 0x59414231) break;
    const encoding = view.getUint16(at + 6, true);
    const length = view.getUint32(at + 56, true);
    if (at + HEADER_BYTES + length > bytes.byteLength) break;
    const wide = encoding === 1 ? 3 : 4;
    rate = view.getUint32(at + 28, true);
    const endMs = Number(view.getBigInt64(at + 48, true)) / 1000;
    const startMs = endMs - (1000 * length) / wide / rate;
    if (endMs >= fromMs && startMs <= toMs) parts.push(decode(view, at + HEADER_BYTES, length / wide, encoding));
    at += HEADER_BYTES + length;
  }
  if (!parts.length || !rate) return null;
  const samples = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let place = 0;
  for (const part of parts) {
    samples.set(part, place);
    place += part.length;
  }
  return { rate, samples };
}

function decode(view: DataView, at: number, count: number, encoding: number): Float32Array {
  const samples = new Float32Array(count);
  for (let index = 0; index < count; index += 1) {
    if (encoding === 1) {
      const place = at + 3 * index;
      const high = view.getInt8(place + 2);
      samples[index] = ((high << 16) | (view.getUint8(place + 1) << 8) | view.getUint8(place)) / 8_388_608;
    } else samples[index] = view.getFloat32(at + 4 * index, true);
  }
  return samples;
}

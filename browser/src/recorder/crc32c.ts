/** CRC32C (Castagnoli), as in the block header and in tus's `Upload-Checksum`. */

const tables: Uint32Array[] = makeTables(8);

function makeTables(count: number): Uint32Array[] {
  const first = new Uint32Array(256);
  for (let value = 0; value < 256; value++) {
    let rest = value;
    for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0x82f63b78 : rest >>> 1;
    first[value] = rest >>> 0;
  }
  const all = [first];
  for (let nth = 1; nth < count; nth++) {
    const before = all[nth - 1] as Uint32Array;
    all.push(before.map((rest) => (first[rest & 255] as number) ^ (rest >>> 8)));
  }
  return all;
}

/** Checksum of bytes; `before` continues an earlier one. Eight bytes a step. */
export function crc32c(bytes: Uint8Array, before = 0): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as [
    Uint32Array, Uint32Array, Uint32Array, Uint32Array,
    Uint32Array, Uint32Array, Uint32Array, Uint32Array,
  ];
  let rest = ~before;
  let at = 0;
  const whole = bytes.length - (bytes.length % 8);
  // Uint8Array and 256-entry tables: no index below can be out of range.
  const b = bytes as unknown as { readonly [index: number]: number };
  const read = (table: Uint32Array, index: number): number => table[index] as number;
  while (at < whole) {
    rest ^= (b[at] as number) | ((b[at + 1] as number) << 8) |
      ((b[at + 2] as number) << 16) | ((b[at + 3] as number) << 24);
    rest =
      read(t7, rest & 255) ^ read(t6, (rest >>> 8) & 255) ^
      read(t5, (rest >>> 16) & 255) ^ read(t4, rest >>> 24) ^
      read(t3, b[at + 4] as number) ^ read(t2, b[at + 5] as number) ^
      read(t1, b[at + 6] as number) ^ read(t0, b[at + 7] as number);
    at += 8;
  }
  for (; at < bytes.length; at++) rest = read(t0, (rest ^ (b[at] as number)) & 255) ^ (rest >>> 8);
  return ~rest >>> 0;
}

/** The value of an `Upload-Checksum` header: the algorithm and base64 of four big-endian bytes. */
export function uploadChecksum(bytes: Uint8Array): string {
  const sum = crc32c(bytes);
  return `crc32c ${btoa(String.fromCharCode(sum >>> 24, (sum >>> 16) & 255, (sum >>> 8) & 255, sum & 255))}`;
}

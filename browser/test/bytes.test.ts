/** Blocks, checksums and stream hashes against the vectors that Python wrote. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { encodeBlock, F32, HEADER_BYTES, NO_DEVICE_TIME, S24, toS24, uuidBytes } from "../src/recorder/blocks.ts";
import { crc32c, uploadChecksum } from "../src/recorder/crc32c.ts";
import { StreamHash } from "../src/recorder/streamhash.ts";

interface GoldenBlock {
  name: string;
  stream: string;
  encoding: number;
  sequence: number;
  rate: number;
  first_sample: string;
  device_us: string;
  client_us: string;
  samples: number[];
  block_hex: string;
}

interface Golden {
  header_bytes: number;
  no_device_time: string;
  float_to_s24: { float: number; s24: number }[];
  blocks: GoldenBlock[];
  crc32c: { bytes: number; crc32c: number; upload_checksum: string }[];
  stream_hash: { bytes: number; hash: string }[];
}

const golden = JSON.parse(
  readFileSync(join(process.env["YESAND_REPO"] ?? "..", "tests/golden/blocks.json"), "utf-8"),
) as Golden;

const patterned = (count: number): Uint8Array =>
  Uint8Array.from({ length: count }, (_, at) => (31 * at + Math.floor(at / 256)) % 256);

test("floats become the same 24-bit integers as in Python", () => {
  assert.ok(golden.float_to_s24.length > 10);
  for (const pair of golden.float_to_s24) assert.equal(toS24(pair.float) + 0, pair.s24, String(pair.float));
});

test("blocks are the same bytes as in Python", () => {
  assert.equal(HEADER_BYTES, golden.header_bytes);
  assert.equal(String(NO_DEVICE_TIME), golden.no_device_time);
  assert.ok(golden.blocks.length >= 3);
  for (const block of golden.blocks) {
    const bytes = encodeBlock(
      {
        stream: uuidBytes(block.stream),
        encoding: block.encoding === S24 ? S24 : F32,
        sequence: block.sequence,
        rate: block.rate,
        firstSample: BigInt(block.first_sample),
        deviceUs: BigInt(block.device_us),
        clientUs: BigInt(block.client_us),
      },
      Float32Array.from(block.samples),
    );
    assert.equal(Buffer.from(bytes).toString("hex"), block.block_hex, block.name);
  }
});

test("checksums are the same, whole and continued", () => {
  for (const row of golden.crc32c) {
    const bytes = patterned(row.bytes);
    assert.equal(crc32c(bytes), row.crc32c);
    assert.equal(uploadChecksum(bytes), row.upload_checksum);
    const cut = Math.floor(row.bytes / 3);
    assert.equal(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut))), row.crc32c);
  }
});

test("stream hashes are the same, however the bytes arrive", async () => {
  for (const row of golden.stream_hash) {
    const bytes = patterned(row.bytes);
    const hash = new StreamHash();
    for (let at = 0; at < bytes.length; at += 99_991) {
      hash.update(bytes.subarray(at, at + 99_991));
      if (at === 0) await hash.hex();
    }
    assert.equal(hash.length, row.bytes);
    assert.equal(await hash.hex(), row.hash);
  }
});

test("a stream id that is none is refused", () => {
  assert.throws(() => uuidBytes("not-a-stream"), /not a stream id/);
});

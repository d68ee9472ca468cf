/** A moment is cut from the local file by the clock of its blocks, torn tail or not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeBlock, F32, S24, uuidBytes } from "../src/recorder/blocks.ts";
import { letGo } from "../src/recorder/resume.ts";
import { cut } from "../src/notes/local.ts";
import { scale, wavePath } from "../src/take/draw.ts";

const STREAM = uuidBytes("01890a5d-ac96-774b-bcce-b302099a8057");
const START_MS = 1_795_000_000_000;

/** Ten blocks of 100 ms; block n holds n/16 everywhere and ends at START + (n + 1) * 100 ms. */
function file(encoding: typeof S24 | typeof F32): ArrayBuffer {
  const blocks = Array.from({ length: 10 }, (_, nth) =>
    encodeBlock(
      {
        stream: STREAM, encoding, sequence: nth, rate: 8000, firstSample: BigInt(nth * 800),
        deviceUs: 0n, clientUs: BigInt((START_MS + (nth + 1) * 100) * 1000),
      },
      new Float32Array(800).fill(nth / 16),
    ));
  return Uint8Array.from(blocks.flatMap((block) => [...block])).buffer;
}

for (const encoding of [S24, F32] as const) {
  test(`a moment has the blocks it touches (encoding ${encoding})`, () => {
    const found = cut(file(encoding), START_MS + 310, START_MS + 490);
    assert.ok(found);
    assert.equal(found.rate, 8000);
    assert.deepEqual([...new Set(found.samples)], [3 / 16, 4 / 16]);
    assert.equal(found.samples.length, 1600);
  });
}

test("a torn tail is left out, and what is not there is not there", () => {
  const whole = file(S24);
  const torn = whole.slice(0, whole.byteLength - 1000);
  assert.deepEqual([...new Set(cut(torn, START_MS, START_MS + 5000)?.samples)].length, 9);
  assert.equal(cut(whole, START_MS + 5000, START_MS + 6000), null);
  assert.equal(cut(new ArrayBuffer(10), START_MS, START_MS + 1), null);
});

test("peaks become one bar a place, loudest where it is loudest", () => {
  const path = wavePath({ per_second: 10, full: 1, peaks: [0, 0, 1, 0] }, 0, 0.4, 120, 100);
  const tall = [...path.matchAll(/M[\d.]+ ([\d.]+)V([\d.]+)/g)].map((bar) => Number(bar[2]) - Number(bar[1]));
  assert.equal(tall.length, 4);
  assert.equal(Math.max(...tall), tall[2]);
  assert.equal(scale(10, 20, 100)(15), 50);
});

test("local copies go where the page says that the notes are done, and nowhere else", () => {
  const gone: string[] = [];
  const leftovers = { left: () => 0, setRate: () => undefined, doneWith: (take: string) => void gone.push(take) };
  const page = (notesDone?: string): void => {
    Object.assign(globalThis, { document: { body: { dataset: notesDone === undefined ? {} : { notesDone } } } });
  };
  for (const words of [undefined, "", " "]) {
    page(words);
    letGo(leftovers);
  }
  assert.deepEqual(gone, []);
  page("one two");
  letGo(leftovers);
  letGo(null);
  assert.deepEqual(gone, ["one", "two"]);
});

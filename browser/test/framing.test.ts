/** From device chunks to blocks: counting, channels, jumps, and one clock. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { uuidBytes } from "../src/recorder/blocks.ts";
import { ClockShift } from "../src/recorder/clockshift.ts";
import { type Chunk, Framing } from "../src/recorder/framing.ts";
import { levelOf, toMono } from "../src/recorder/mono.ts";
import type { Level, StoredEvent } from "../src/recorder/protocol.ts";

const STREAM = "01890a5d-ac96-774b-bcce-b302099a8057";

function rig(): { framing: Framing; blocks: DataView[]; events: StoredEvent[]; levels: Level[] } {
  const blocks: DataView[] = [];
  const events: StoredEvent[] = [];
  const levels: Level[] = [];
  const framing = new Framing(STREAM, uuidBytes(STREAM), "s24", {
    block: (bytes) => blocks.push(new DataView(bytes.buffer)),
    level: (level) => levels.push(level),
    event: (event) => events.push(event),
  });
  return { framing, blocks, events, levels };
}

const chunk = (nth: number, planes: Float32Array[], rate = 44100): Chunk => ({
  planes, rate, deviceUs: nth * 10_000, clientMs: 1_795_000_000_000 + nth * 10,
});
const tone = (value: number): Float32Array => new Float32Array(441).fill(value);

test("ten pieces of 10 ms make one block; the rest waits for flush", () => {
  const { framing, blocks, levels } = rig();
  for (let nth = 0; nth < 23; nth++) assert.ok(framing.push(chunk(nth, [tone(0.5)])));
  assert.equal(blocks.length, 2);
  framing.flush();
  framing.flush();
  assert.equal(blocks.length, 3);
  assert.deepEqual(blocks.map((block) => block.getUint32(24, true)), [0, 1, 2]);
  assert.deepEqual(blocks.map((block) => Number(block.getBigUint64(32, true))), [0, 4410, 8820]);
  assert.deepEqual(blocks.map((block) => Number(block.getBigInt64(40, true))), [0, 100_000, 200_000]);
  assert.equal(Number(blocks[0]?.getBigInt64(48, true)), (1_795_000_000_000 + 90) * 1000);
  assert.equal(blocks[2]?.getUint32(56, true), 3 * 441 * 3);
  assert.equal(framing.written, 23 * 441);
  assert.ok(Math.abs((levels[0]?.rms_db ?? 0) + 6.02) < 0.01);
});

test("a chunk of another rate is not taken", () => {
  const { framing } = rig();
  assert.ok(framing.push(chunk(0, [tone(0)])));
  assert.equal(framing.push(chunk(1, [tone(0)], 48000)), false);
});

test("a jump of the device's clock is told with its place; samples stay in a row", () => {
  const { framing, events, blocks } = rig();
  for (let nth = 0; nth < 5; nth++) framing.push(chunk(nth, [tone(0)]));
  for (let nth = 12; nth < 17; nth++) framing.push(chunk(nth, [tone(0)]));
  const [jump] = events.filter((event) => event.type === "glitch");
  assert.deepEqual([jump?.["at_sample"], jump?.["jump_us"]], [5 * 441, 70_000]);
  assert.equal(blocks.length, 1);
});

test("a pause is no jump", () => {
  const { framing, events } = rig();
  framing.push(chunk(0, [tone(0)]));
  framing.restart();
  framing.push(chunk(500, [tone(0)]));
  assert.ok(events.every((event) => event.type !== "glitch"));
});

test("equal channels give the first, different ones the mean, and that is told once each", () => {
  assert.equal(toMono([tone(0.5), tone(0.5)]).mixed, false);
  const mixed = toMono([tone(0.5), tone(-0.25)]);
  assert.ok(mixed.mixed);
  assert.equal(mixed.samples[7], 0.125);
  const { framing, events } = rig();
  framing.push(chunk(0, [tone(0), tone(0)]));
  framing.push(chunk(1, [tone(0.5), tone(0.1)]));
  framing.push(chunk(2, [tone(0), tone(0)]));
  assert.deepEqual(events.map((event) => event["mono"]), ["identical", "mean"]);
});

test("clipping and silence are measured", () => {
  assert.deepEqual(levelOf(new Float32Array([1, -1, 0.5])).clipped, 2);
  assert.equal(levelOf(new Float32Array(10)).rms_db, -120);
});

test("a worker whose time was set apart speaks its page's clock", () => {
  let own = 1000;
  const clock = new ClockShift(() => own);
  assert.equal(clock.now(), 1000, "its own until it knows better");
  clock.heard(999, 999.9);
  assert.equal(clock.now(), 1000, "a message's way is no shift");
  own = 6000;
  const apart = new ClockShift(() => own);
  apart.heard(5800, 900);
  assert.equal(apart.now(), 1000, "a slow answer is better than none");
  assert.ok(apart.unsure);
  apart.heard(5999, 999.5);
  assert.ok(!apart.unsure);
  apart.heard(5000, 0);
  own += 50;
  assert.equal(apart.now(), 1050, "the fastest answer decides");
});

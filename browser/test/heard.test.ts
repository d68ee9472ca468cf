/** What waits in memory for its stream, and what is sent last: the parts without a browser. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { uuidBytes } from "../src/recorder/blocks.ts";
import { type Chunk, Framing } from "../src/recorder/framing.ts";
import { Pace } from "../src/recorder/pace.ts";
import type { StoredEvent } from "../src/recorder/protocol.ts";
import { Holding } from "../src/recorder/worker/holding.ts";

const chunk = (nth: number, count = 160, rate = 16_000): Chunk => ({
  planes: [new Float32Array(count).fill(nth)], rate, deviceUs: null, clientMs: nth,
});

function rig(): { holding: Holding; firsts: number[]; pausing: { on: boolean } } {
  const firsts: number[] = [];
  const pausing = { on: false };
  const holding = new Holding(() => pausing.on, () => firsts.push(1));
  return { holding, firsts, pausing };
}

test("what was taken before the grant comes first, in order, and then everything", () => {
  const { holding, firsts } = rig();
  const got: number[] = [];
  const ended: string[] = [];
  for (let nth = 0; nth < 5; nth++) holding.chunk(chunk(nth));
  assert.equal(firsts.length, 1);
  holding.pour({ chunk: (one) => got.push(one.clientMs), ended: (why) => ended.push(why) });
  holding.chunk(chunk(5));
  assert.deepEqual(got, [0, 1, 2, 3, 4, 5]);
  holding.ended("device_ended");
  assert.deepEqual(ended, ["device_ended"]);
});

test("a pause keeps nothing in memory, before the grant and after", () => {
  const { holding, pausing, firsts } = rig();
  const got: number[] = [];
  pausing.on = true;
  holding.chunk(chunk(0));
  assert.equal(firsts.length, 0, "no lamp for what is not kept");
  pausing.on = false;
  holding.chunk(chunk(1));
  holding.pour({ chunk: (one) => got.push(one.clientMs), ended: () => undefined });
  pausing.on = true;
  holding.chunk(chunk(2));
  pausing.on = false;
  holding.chunk(chunk(3));
  assert.deepEqual(got, [1, 3]);
});

test("a source that broke before its grant says so with its stream, and memory has an end", () => {
  const { holding } = rig();
  const got: number[] = [];
  const ended: string[] = [];
  for (let nth = 0; nth < 40; nth++) holding.chunk(chunk(nth, 16_000));
  holding.ended("NotReadableError");
  holding.pour({ chunk: (one) => got.push(one.clientMs), ended: (why) => ended.push(why) });
  assert.equal(got.length, 30);
  assert.equal(got.at(-1), 39);
  assert.deepEqual(ended, ["NotReadableError"]);
});

test("what is heard names itself in its events", () => {
  const id = "01890a5d-ac96-774b-bcce-b302099a8057";
  const events: StoredEvent[] = [];
  const framing = new Framing(
    id, uuidBytes(id), "s24",
    { block: () => undefined, level: () => undefined, event: (event) => events.push(event) },
    "heard",
  );
  framing.push(chunk(0));
  assert.deepEqual(events.map((event) => event["kind"]), ["heard_channels"]);
});

test("what comes last waits until nobody else sends, and keeps to the rate", async () => {
  let clock = 0;
  const order: string[] = [];
  const waits: (() => void)[] = [];
  const pace = new Pace(() => clock, (ms) => new Promise((resolve) => {
    waits.push(() => {
      clock += ms;
      resolve();
    });
  }));
  const settle = async (): Promise<void> => {
    for (let nth = 0; nth < 20; nth++) await Promise.resolve();
  };
  let done = (): void => undefined;
  const mic = pace.turn(1000, false, () => new Promise<void>((resolve) => {
    done = resolve;
    order.push("mic");
  }));
  await settle();
  const heard = pace.turn(1000, true, async () => void order.push("heard"));
  for (let nth = 0; nth < 5; nth++) {
    await settle();
    waits.shift()?.();
  }
  assert.deepEqual(order, ["mic"], "the microphone's request is still on its way");
  done();
  await mic;
  await settle();
  waits.shift()?.();
  await heard;
  assert.deepEqual(order, ["mic", "heard"]);

  pace.rate = 10_000;
  await pace.take(5000);
  const capped = pace.turn(1000, true, async () => void order.push("again"));
  await settle();
  assert.ok(!order.includes("again"), "it waits for the rate");
  while (waits.length) {
    waits.shift()?.();
    await settle();
  }
  await capped;
  assert.equal(order.at(-1), "again");
  assert.ok(clock >= 500);
});

test("a microphone that begins while what comes last waits for the rate goes first", async () => {
  let clock = 0;
  const waits: (() => void)[] = [];
  const pace = new Pace(() => clock, (ms) => new Promise((resolve) => {
    waits.push(() => {
      clock += ms;
      resolve();
    });
  }));
  const order: string[] = [];
  pace.rate = 1000;
  await pace.take(500);
  const heard = pace.turn(100, true, async () => void order.push("heard"));
  const mic = pace.turn(100, false, async () => void order.push("mic"));
  for (let nth = 0; nth < 50 && order.length < 2; nth++) {
    for (let tick = 0; tick < 20; tick++) await Promise.resolve();
    waits.shift()?.();
  }
  await Promise.all([heard, mic]);
  assert.deepEqual(order, ["mic", "heard"]);
});

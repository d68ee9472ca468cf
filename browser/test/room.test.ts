/** The room's end in this browser: order, nonces, clock, and how uploads give way. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { LogMessage } from "../src/room/messages.ts";
import { delayKey, readQuality, uploadCap } from "../src/room/quality.ts";
import { RoomSocket } from "../src/room/socket.ts";
import { StageClock } from "../src/room/stageclock.ts";

class FakeSocket {
  static all: FakeSocket[] = [];
  readyState = 0;
  sent: Record<string, unknown>[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  onerror: (() => void) | null = null;
  constructor() {
    FakeSocket.all.push(this);
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }
  close(code = 1006): void {
    this.readyState = 3;
    this.onclose?.({ code });
  }
  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }
  give(message: unknown): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}
(globalThis as { WebSocket?: unknown }).WebSocket = { OPEN: 1 };

const log = (id: number, kind: string, nonce?: string): unknown => ({
  type: "log", id, kind, sender: "Ada", role: "a", body: {}, at: 1, nonce,
});
const kinds = (socket: FakeSocket, type: string): Record<string, unknown>[] =>
  socket.sent.filter((one) => one["type"] === type);

async function reconnected(count: number): Promise<FakeSocket> {
  while (FakeSocket.all.length < count) await new Promise((resolve) => setTimeout(resolve, 5));
  return FakeSocket.all[count - 1] as FakeSocket;
}

test("messages come once and in order, unsent ones are sent again with the same nonce", async () => {
  FakeSocket.all = [];
  const heard: LogMessage[] = [];
  const up: boolean[] = [];
  const room = new RoomSocket(
    "ws://x", { log: (message) => heard.push(message), connected: (is) => up.push(is) },
    () => new FakeSocket() as unknown as WebSocket,
  );
  assert.equal(FakeSocket.all.length, 0, "the room is entered when the page is ready for it");
  const stored = room.send("ready", { scene: "s" });
  room.open();
  room.open();
  assert.equal(FakeSocket.all.length, 1);
  const [first] = FakeSocket.all as [FakeSocket];
  first.open();
  assert.deepEqual(first.sent[0], { type: "hello", last: 0 });
  const [sent] = kinds(first, "send");
  first.give(log(1, "present"));
  first.give(log(2, "scene_chosen"));
  first.give(log(2, "scene_chosen"));
  first.close();
  const second = await reconnected(2);
  second.open();
  assert.deepEqual(second.sent[0], { type: "hello", last: 2 });
  assert.equal(kinds(second, "send")[0]?.["nonce"], sent?.["nonce"]);
  second.give(log(3, "ready", String(sent?.["nonce"])));
  assert.equal((await stored)?.id, 3);
  assert.deepEqual(heard.map((one) => one.id), [1, 2, 3]);
  assert.deepEqual(up, [true, false, true]);
  second.close();
  const third = await reconnected(3);
  third.open();
  assert.deepEqual(kinds(third, "send"), [], "stored messages are not sent again");
  room.close();
});

test("what the room refuses is told and not sent again", async () => {
  FakeSocket.all = [];
  const errors: string[] = [];
  const room = new RoomSocket(
    "ws://x", { log: () => undefined, error: (error) => errors.push(error.says) },
    () => new FakeSocket() as unknown as WebSocket,
  );
  room.open();
  const [first] = FakeSocket.all as [FakeSocket];
  first.open();
  const answer = room.send("cue", { pull: true });
  const [sent] = kinds(first, "send");
  first.give({ type: "error", code: "too_soon", says: "One offer a minute.", nonce: sent?.["nonce"] });
  assert.equal(await answer, null);
  assert.deepEqual(errors, ["One offer a minute."]);
  first.close();
  const second = await reconnected(2);
  second.open();
  assert.deepEqual(kinds(second, "send"), []);
  room.close();
});

test("a connection that never opens is given up and tried again soon, for as long as it takes", ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  FakeSocket.all = [];
  const heard: LogMessage[] = [];
  const room = new RoomSocket("ws://x", { log: (message) => heard.push(message) }, () => new FakeSocket() as unknown as WebSocket);
  room.open();
  // A cut of ten seconds: whoever comes back is waiting at most an attempt and a pause.
  const pass = (ms: number): void => {
    for (let at = 0; at < ms; at += 50) mock.timers.tick(50);
  };
  pass(10_000);
  const tried = FakeSocket.all.length;
  assert.ok(tried >= 3 && tried <= 5, `${tried} attempts in ten seconds`);
  pass(120_000);
  assert.ok(FakeSocket.all.length <= tried + 40, "and they become rarer");
  const last = FakeSocket.all.at(-1) as FakeSocket;
  if (last.readyState === 3) pass(5000);
  const open = FakeSocket.all.at(-1) as FakeSocket;
  open.open();
  assert.deepEqual(open.sent[0], { type: "hello", last: 0 });
  FakeSocket.all[0]?.onopen?.();
  FakeSocket.all[0]?.give(log(1, "present"));
  assert.deepEqual([FakeSocket.all[0]?.sent, heard], [[], []], "what was given up is not listened to");
  room.close();
});

test("the network coming back ends the pause", ({ mock }) => {
  const events = new EventTarget();
  Object.assign(globalThis, {
    addEventListener: events.addEventListener.bind(events),
    removeEventListener: events.removeEventListener.bind(events),
  });
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  FakeSocket.all = [];
  const room = new RoomSocket("ws://x", { log: () => undefined }, () => new FakeSocket() as unknown as WebSocket);
  room.open();
  events.dispatchEvent(new Event("online"));
  assert.equal(FakeSocket.all.length, 1, "an attempt that runs is left alone");
  (FakeSocket.all[0] as FakeSocket).close();
  events.dispatchEvent(new Event("online"));
  assert.equal(FakeSocket.all.length, 2);
  room.close();
  events.dispatchEvent(new Event("online"));
  assert.equal(FakeSocket.all.length, 2);
});

test("what was too much at once is said again, with the same nonces and in order", ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  FakeSocket.all = [];
  const room = new RoomSocket("ws://x", { log: () => undefined }, () => new FakeSocket() as unknown as WebSocket);
  room.open();
  const [socket] = FakeSocket.all as [FakeSocket];
  socket.open();
  void room.send("device", { state: "one" });
  void room.send("device", { state: "two" });
  const first = kinds(socket, "send").map((one) => one["nonce"]);
  socket.give({ type: "error", code: "too_many", says: "That was too much at once." });
  mock.timers.tick(2000);
  assert.deepEqual(kinds(socket, "send").map((one) => one["nonce"]), [...first, ...first]);
  room.close();
});

test("a room that is not ours is not asked again", async () => {
  FakeSocket.all = [];
  const room = new RoomSocket("ws://x", { log: () => undefined }, () => new FakeSocket() as unknown as WebSocket);
  room.open();
  FakeSocket.all[0]?.close(4403);
  await new Promise((resolve) => setTimeout(resolve, 400));
  assert.equal(FakeSocket.all.length, 1);
  room.close();
});

test("the fastest ping tells the clock", () => {
  const clock = new StageClock();
  assert.equal(clock.at(5000), 5);
  clock.add({ t0_ms: 1000, t1_s: 101.3, t2_s: 101.3, t3_ms: 1400 });
  clock.add({ t0_ms: 2000, t1_s: 102.002, t2_s: 102.003, t3_ms: 2005 });
  assert.ok(Math.abs((clock.rtt ?? 0) - 4) < 1e-6);
  assert.ok(Math.abs(clock.at(3000) - 103) < 1e-6);
  assert.ok(Math.abs(clock.client(103) - 3000) < 1e-6);
});

test("uploads give way to a call that suffers and come back", () => {
  const good = { rtt_ms: 20, lost: 0, buffer_ms: 30 };
  const bad = { rtt_ms: 20, lost: 0.2, buffer_ms: 30 };
  assert.equal(uploadCap(good, 20, null, 500_000), null);
  let cap = uploadCap(bad, 20, null, 500_000);
  assert.equal(cap, 250_000);
  for (let nth = 0; nth < 10; nth++) cap = uploadCap(bad, 20, cap, 0);
  assert.equal(cap, 40_000);
  assert.equal(uploadCap({ rtt_ms: 400, lost: 0, buffer_ms: 0 }, 20, 100_000, 0), 50_000);
  for (let nth = 0; nth < 60; nth++) cap = uploadCap(good, 20, cap, 0);
  assert.equal(cap, null);
});

test("statistics become numbers and words", () => {
  const report = new Map<string, unknown>([
    ["1", { type: "candidate-pair", nominated: true, currentRoundTripTime: 0.05 }],
    ["2", { type: "remote-inbound-rtp", fractionLost: 0.01 }],
    ["3", { type: "inbound-rtp", kind: "audio", jitterBufferDelay: 12, jitterBufferEmittedCount: 300 }],
  ]);
  const { quality, counters } = readQuality(report, { emitted: 100, delay: 4 });
  assert.deepEqual(quality, { rtt_ms: 50, lost: 0.01, buffer_ms: 40 });
  assert.deepEqual(counters, { emitted: 300, delay: 12 });
  assert.equal(delayKey(quality), "delay.instant");
  assert.equal(delayKey({ ...quality, rtt_ms: 900 }), "delay.over");
  assert.equal(delayKey({ ...quality, rtt_ms: null }), null);
});

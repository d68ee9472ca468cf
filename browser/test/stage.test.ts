/** The scene from its log, the performer's pauses, and offers that wait for them. */
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import type { LogMessage, Role } from "../src/room/messages.ts";
import { Ending } from "../src/stage/ending.ts";
import { after, type Model, played, START } from "../src/stage/model.ts";
import { type Answer, type Offer, Offers } from "../src/stage/offers.ts";
import { Quiet } from "../src/stage/quiet.ts";

let nth = 0;
const said = (role: Role, kind: string, at: number, body: Record<string, unknown> = {}): LogMessage => ({
  type: "log", id: ++nth, kind, sender: role, role, body, at,
});
const run = (...messages: LogMessage[]): Model => messages.reduce(after, START);
const opened = said("server", "take_opened", 100, { take: "t", scene: "s", opened_at: 100.5 });

test("a take opens, is played and closes once", () => {
  const open = run(said("a", "ready", 90), said("b", "ready", 95), opened);
  assert.deepEqual(open.take, { id: "t", scene: "s", opened_at: 100.5 });
  assert.deepEqual(open.ready, []);
  assert.equal(played(open, 130.5), 30);
  assert.equal(played(open, 50), 0);
  const closed = after(open, said("server", "take_closed", 200, { take: "t" }));
  assert.deepEqual([closed.take, closed.closed], [null, "t"]);
  assert.deepEqual(after(closed, said("server", "take_closed", 201, { take: "other" })), closed);
});

test("a pause ends only when both go on, and its time is not played", () => {
  const paused = run(opened, said("b", "pause", 110), said("a", "pause", 111));
  assert.equal(paused.paused_at, 110);
  assert.equal(played(paused, 150), 9.5);
  const half = [said("a", "resume", 120), said("a", "resume", 121)].reduce(after, paused);
  assert.equal(half.paused_at, 110);
  const going = after(half, said("b", "resume", 130));
  assert.equal(going.paused_at, null);
  assert.equal(played(going, 140), 19.5);
  const director = [said("director", "resume", 120), said("a", "resume", 121)].reduce(after, paused);
  assert.equal(director.paused_at, 110, "a director does not speak for a player");
});

test("and scene can be objected to, and a pause takes it back", () => {
  const ending = run(opened, said("a", "and_scene", 150, { take: "t" }));
  assert.deepEqual(ending.ending, { by: "a", at: 150 });
  assert.equal(after(ending, said("b", "and_scene", 151, { take: "t", object: true })).ending, null);
  assert.deepEqual(after(ending, said("b", "and_scene", 151, { take: "t" })).ending, { by: "a", at: 150 });
  assert.equal(after(ending, said("b", "pause", 151)).ending, null);
  assert.equal(run(said("a", "and_scene", 150, { take: "t" })).ending, null, "no take, no end");
});

test("who leaves is gone until present again", () => {
  const gone = run(said("b", "ready", 1), said("b", "leave", 2));
  assert.deepEqual([gone.left, gone.ready], [["b"], []]);
  assert.deepEqual(after(gone, said("b", "present", 3, { peer: "x" })).left, []);
});

test("speech is told from a noisy room, and pauses are measured", () => {
  const quiet = new Quiet();
  let at = 0;
  const hear = (db: number, count: number): void => {
    for (let one = 0; one < count; one++) quiet.hear(db, (at += 100));
  };
  hear(-50, 20);
  assert.equal(quiet.forMs(at), 1900);
  hear(-25, 10);
  assert.equal(quiet.forMs(at), 0);
  hear(-48, 8);
  assert.equal(quiet.forMs(at), 800);
  assert.ok(Math.abs(quiet.floor() + 50) < 1);
  const silent = new Quiet();
  silent.hear(-120, 0);
  silent.hear(-65, 100);
  assert.equal(silent.forMs(900), 900, "what nobody could hear is not speech");
});

function stage(wait = true): { offers: Offers; told: string[]; painted: () => Promise<void> } {
  const told: string[] = [];
  const offers = new Offers(
    {
      show: async (offer: Offer) => {
        told.push(`show ${offer.cue}`);
        return { hidden: false, at: 0 };
      },
      fold: (offer) => told.push(`fold ${offer.cue}`),
      clear: () => told.push("clear"),
      displayed: (offer) => told.push(`displayed ${offer.cue}`),
      answered: (offer: Offer, answer: Answer, at: number) => told.push(`${answer} ${offer.cue} at ${at}`),
    },
    wait,
  );
  return { offers, told, painted: async () => void (await new Promise((resolve) => setImmediate(resolve))) };
}
const cue = (name: string): Offer => ({ cue: name, action: "Hide it, badly", aim: "embarrassment 2", empty: false });

/** Levels every 100 ms from `from`: loud or quiet. */
function talk(offers: Offers, from: number, until: number, loud: boolean): void {
  for (let at = from; at < until; at += 100) offers.level(loud ? -20 : -70, at);
}

test("an offer waits for 0.8 s of quiet, stays six seconds and folds", async () => {
  const { offers, told, painted } = stage();
  talk(offers, 0, 2000, false);
  talk(offers, 2000, 5000, true);
  offers.offer(cue("x"), 5000);
  talk(offers, 5000, 7000, true);
  assert.deepEqual(told, []);
  talk(offers, 7000, 7700, false);
  assert.deepEqual(told, []);
  talk(offers, 7700, 7900, false);
  await painted();
  assert.deepEqual(told, ["show x", "displayed x"]);
  talk(offers, 7900, 13_600, true);
  assert.deepEqual(told.slice(2), []);
  talk(offers, 13_600, 14_000, true);
  assert.deepEqual(told.slice(2), ["fold x"]);
  assert.ok(offers.answer("bent", 14_000));
  await painted();
  assert.deepEqual(told.slice(3), ["clear", "bent x at 14000"]);
  assert.equal(offers.answer("took", 14_001), false, "the first answer counts");
});

test("an offer waits at most twelve seconds", () => {
  const { offers, told } = stage();
  talk(offers, 0, 1000, false);
  offers.offer(cue("x"), 1100);
  assert.deepEqual(told, ["show x"], "quiet already");
  const other = stage();
  talk(other.offers, 0, 1000, false);
  talk(other.offers, 1000, 2000, true);
  other.offers.offer(cue("x"), 2000);
  talk(other.offers, 2000, 13_900, true);
  assert.deepEqual(other.told, []);
  talk(other.offers, 13_900, 14_100, true);
  assert.deepEqual(other.told, ["show x"]);
});

test("a rehearsal shows at once; a pause holds everything; the end forgets", () => {
  const { offers, told } = stage(false);
  offers.pause(true, 0);
  offers.offer(cue("x"), 0);
  assert.deepEqual(told, []);
  offers.pause(false, 0);
  offers.tick(10);
  assert.deepEqual(told, ["show x"]);
  offers.offer(cue("x"), 20);
  offers.offer(cue("y"), 20);
  offers.tick(30);
  assert.deepEqual(told, ["show x"], "one at a time, and the same one once");
  offers.clear();
  offers.tick(10_000);
  assert.deepEqual(told, ["show x", "clear"]);
});

test("a pause counts neither as quiet nor as waiting, and folds nothing", () => {
  const { offers, told } = stage();
  talk(offers, 0, 1000, false);
  talk(offers, 1000, 2000, true);
  offers.offer(cue("x"), 2000);
  talk(offers, 2000, 4000, true);
  offers.pause(true, 4000);
  offers.offer(cue("y"), 60_000);
  offers.pause(false, 90_000);
  talk(offers, 90_000, 90_800, false);
  assert.deepEqual(told, [], "who comes back has not paused in the scene yet");
  offers.tick(90_800);
  assert.deepEqual(told, ["show x"]);
  offers.pause(true, 91_800);
  offers.pause(false, 200_000);
  talk(offers, 200_000, 204_900, true);
  assert.deepEqual(told, ["show x"], "five of the six seconds were left");
  talk(offers, 204_900, 205_100, true);
  assert.deepEqual(told, ["show x", "fold x"]);
  talk(offers, 205_100, 210_200, true);
  assert.deepEqual(told.slice(2), [], "what came in a pause waits from its end, twelve seconds in all");
  talk(offers, 210_200, 210_400, true);
  assert.deepEqual(told.slice(2), ["show y"]);
});

test("the dot shows the offer again until it is answered", () => {
  const { offers, told } = stage(false);
  offers.offer(cue("x"), 0);
  offers.again(100);
  offers.tick(6000);
  offers.again(7000);
  offers.tick(13_000);
  assert.deepEqual(told, ["show x", "fold x", "show x", "fold x"]);
});

test("a key that is quicker than the screen is told after the offer it answers", async () => {
  const { offers, told, painted } = stage(false);
  offers.offer(cue("x"), 0);
  assert.ok(offers.answer("let_go", 12));
  assert.deepEqual(told, ["show x", "clear"], "gone from the screen at once");
  await painted();
  assert.deepEqual(told, ["show x", "clear", "displayed x", "let_go x at 12"]);
});

test("and scene stands three seconds after its sender, five after the other, unless somebody objects", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const told: string[] = [];
  const ending = (own: Role): Ending =>
    new Ending(own, { show: (by) => told.push(`by ${by}`), close: (take) => told.push(`close ${take}`) });
  const wished = run(opened, said("a", "and_scene", 150, { take: "t" }));
  const [mine, other, objected] = [ending("a"), ending("b"), ending("a")];
  for (const one of [mine, other, objected]) one.follow(wished);
  objected.follow(after(wished, said("b", "and_scene", 151, { take: "t", object: true })));
  told.length = 0;
  mock.timers.tick(2999);
  assert.deepEqual(told, []);
  mock.timers.tick(1);
  assert.deepEqual(told, ["close t"]);
  other.stop();
  mock.timers.tick(9000);
  assert.deepEqual(told, ["close t", "by null"]);
  mock.timers.reset();
});

/** A device of the call: lost, muted, blocked, back. Its life is told by the browser's own events. */
import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { codeOf, MediaTrouble } from "../src/kit/media.ts";
import { Kept } from "../src/room/kept.ts";

class Track extends EventTarget {
  readyState = "live";
  muted = false;
  stop(): void {
    this.readyState = "ended";
  }
  /** As the browser does when the device is unplugged. */
  unplug(): void {
    this.readyState = "ended";
    this.dispatchEvent(new Event("ended"));
  }
  mute(on: boolean): void {
    this.muted = on;
    this.dispatchEvent(new Event(on ? "mute" : "unmute"));
  }
}

const devices = new EventTarget();
const permission = new EventTarget();
Object.defineProperty(globalThis, "navigator", {
  value: { mediaDevices: devices, permissions: { query: async () => permission } },
  configurable: true,
});

/** What the next getUserMedia gives: a track, or the name of the browser's refusal. */
let given: (Track | string)[] = [];
let asked = 0;
const take = (kind: "mic" | "cam") => async (): Promise<MediaStreamTrack> => {
  asked += 1;
  const next = given.shift() ?? "NotFoundError";
  if (typeof next === "string") throw new MediaTrouble(codeOf(kind, next));
  return next as unknown as MediaStreamTrack;
};

interface Made {
  readonly kept: Kept;
  readonly got: unknown[];
  readonly said: string[];
  hold(track: Track | null): void;
}

function keep(kind: "mic" | "cam"): Made {
  const got: unknown[] = [];
  const said: string[] = [];
  const kept = new Kept(kind, take(kind), { got: (track) => void got.push(track), says: (key) => void said.push(key) });
  return { kept, got, said, hold: (track) => kept.hold(track as unknown as MediaStreamTrack | null) };
}

async function turns(): Promise<void> {
  for (let nth = 0; nth < 20; nth++) await Promise.resolve();
}

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  given = [];
  asked = 0;
});

test("an unplugged microphone is told, and taken again when the list of devices changes", async () => {
  const made = keep("mic");
  const [first, second] = [new Track(), new Track()];
  made.hold(first);
  given = ["NotFoundError", second];
  first.unplug();
  await turns();
  assert.deepEqual(made.said, ["stage.mic_lost", "stage.mic_missing"]);
  assert.equal(made.got.length, 0);
  devices.dispatchEvent(new Event("devicechange"));
  await turns();
  assert.deepEqual([made.got, made.said.at(-1), asked], [[second], "", 2]);
  // The new one is watched in its turn; the old one is not any more.
  first.unplug();
  await turns();
  assert.equal(asked, 2);
  given = [new Track()];
  second.unplug();
  await turns();
  assert.equal(made.got.length, 2);
});

test("a permission that was taken back is asked for again when it is given", async () => {
  const made = keep("mic");
  const back = new Track();
  const first = new Track();
  made.hold(first);
  given = ["NotAllowedError", "NotAllowedError", back];
  first.unplug();
  await turns();
  assert.equal(made.said.at(-1), "stage.mic_denied");
  permission.dispatchEvent(new Event("change"));
  await turns();
  assert.deepEqual(made.said, ["stage.mic_lost", "stage.mic_denied"], "the same reason is said once");
  permission.dispatchEvent(new Event("change"));
  await turns();
  assert.deepEqual([made.got, made.said.at(-1)], [[back], ""]);
});

test("without any event time alone brings it back, and a stop ends the asking", async () => {
  const made = keep("cam");
  made.hold(null);
  await turns();
  assert.deepEqual(made.said, ["stage.no_camera"]);
  for (let nth = 0; nth < 4; nth++) {
    mock.timers.tick(4000);
    await turns();
  }
  assert.equal(asked, 5);
  const late = new Track();
  given = [late];
  made.kept.stop();
  mock.timers.tick(60_000);
  await turns();
  assert.deepEqual([made.got, asked <= 6], [[], true]);
  assert.ok(given.length === 1 || late.readyState === "ended", "a device that came too late is let go");
});

test("a muted track has a line when it lasts, and none when it does not", async () => {
  const made = keep("mic");
  const track = new Track();
  made.hold(track);
  track.mute(true);
  mock.timers.tick(1000);
  track.mute(false);
  mock.timers.tick(5000);
  assert.deepEqual(made.said, [""]);
  track.mute(true);
  mock.timers.tick(2000);
  assert.equal(made.said.at(-1), "stage.mic_muted");
  track.mute(false);
  assert.equal(made.said.at(-1), "");
  assert.equal(asked, 0, "the track is the same one");
});

test("a camera another program holds is told as that, the scene goes on", async () => {
  const made = keep("cam");
  const track = new Track();
  track.muted = true;
  made.hold(track);
  mock.timers.tick(2000);
  assert.deepEqual(made.said, ["stage.cam_muted"]);
  given = ["NotReadableError"];
  track.unplug();
  await turns();
  assert.deepEqual(made.said.slice(1), ["stage.cam_lost", "stage.cam_busy"]);
  made.kept.stop();
});

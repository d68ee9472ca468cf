/** The leak test on simulated rooms, and what levels say about a voice. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { findLeak, LEAK_SECONDS, sweeps } from "../src/greenroom/leak.ts";
import { bars, VoiceCheck } from "../src/greenroom/voice.ts";

const RATE = 44100;
const LOUD = 0.25;

/** A room: sweeps with a delay and a gain, echoes, and something else in the microphone. */
function room(paths: readonly (readonly [seconds: number, db: number])[], noise: number, seed = 1): Float32Array {
  const heard = new Float32Array(Math.ceil((LEAK_SECONDS + 1.2) * RATE));
  const played = sweeps(RATE, LOUD);
  for (const [seconds, db] of paths) {
    const start = Math.round(seconds * RATE);
    const gain = 10 ** (db / 20);
    for (let at = 0; at < played.length && start + at < heard.length; at++) {
      heard[start + at] = (heard[start + at] ?? 0) + gain * (played[at] ?? 0);
    }
  }
  let state = seed;
  for (let at = 0; at < heard.length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    heard[at] = (heard[at] ?? 0) + noise * (state / 2 ** 31 - 1);
  }
  return heard;
}

test("leaks from -3 to -45 dB are measured within 1.5 dB and their way with them", () => {
  for (const db of [-3, -10, -20, -30, -35, -40, -45]) {
    const { leak_db, delay_ms } = findLeak(room([[0.12, db]], 0.002), RATE, LOUD);
    assert.ok(leak_db !== null && Math.abs(leak_db - db) < 1.5, `${db} dB came out as ${leak_db}`);
    assert.ok(Math.abs((delay_ms ?? 0) - 120) < 0.1);
  }
});

test("echoes count: three equal paths are louder than one", () => {
  const one = findLeak(room([[0.1, -25]], 0.002), RATE, LOUD).leak_db ?? 0;
  const three = findLeak(room([[0.1, -25], [0.111, -25], [0.127, -25]], 0.002), RATE, LOUD).leak_db ?? 0;
  assert.ok(three > one + 3.5 && three < one + 6, `${one} and ${three}`);
});

test("headphones: nothing is heard, and the bound says how sure that is", () => {
  const quiet = findLeak(room([], 0.002), RATE, LOUD);
  assert.equal(quiet.leak_db, null);
  assert.ok(quiet.bound_db < -50, String(quiet.bound_db));
  const loud = findLeak(room([], 0.5), RATE, LOUD);
  assert.equal(loud.leak_db, null);
  assert.ok(loud.bound_db > quiet.bound_db + 40);
});

test("the decision at -35 dB is right in at least 95 of 100 rooms", () => {
  let right = 0;
  let count = 0;
  for (let seed = 1; seed <= 20; seed++) {
    for (const db of [-10, -22, -32, -38, -45]) {
      const paths = [[0.05 + seed / 40, db], [0.06 + seed / 37, db - 9]] as const;
      const { leak_db } = findLeak(room(paths, 0.001 * seed, seed), RATE, LOUD);
      const speakers = leak_db !== null && leak_db > -35;
      right += speakers === db > -35 ? 1 : 0;
      count += 1;
    }
  }
  assert.equal(count, 100);
  assert.ok(right >= 95, `${right} of ${count}`);
});

test("silence, noise and clipping are told apart from a voice", () => {
  const check = (levels: readonly (readonly [db: number, peak: number, clipped?: number])[]): VoiceCheck => {
    const voice = new VoiceCheck();
    levels.forEach(([rms_db, peak, clipped = 0], nth) =>
      voice.hear({ rms_db, peak, clipped, samples: 4410, t: nth * 100 }));
    return voice;
  };
  const times = <T>(count: number, value: T): T[] => Array<T>(count).fill(value);
  assert.deepEqual(check(times(50, [-90, 0] as const)).problems(RATE), ["mic_silent"]);
  assert.deepEqual(check(times(50, [-30, 0.1] as const)).problems(RATE), ["mic_noisy"]);
  const voice = [...times(10, [-65, 0.001] as const), ...times(4, [-40, 0.05] as const), ...times(4, [-15, 0.6] as const)];
  const good = check(voice);
  assert.deepEqual(good.problems(RATE), []);
  assert.ok(good.laughed && good.whispered);
  assert.ok(!check(voice.slice(0, 14)).laughed);
  const loud = check([...times(10, [-65, 0.001] as const), ...times(20, [-3, 1, 200] as const)]);
  assert.deepEqual(loud.problems(RATE), ["mic_clipping"]);
  assert.match(bars(good.levels, 200, 46), /^M5\.0 /);
});

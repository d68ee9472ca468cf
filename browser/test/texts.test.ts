/** Every sentence a script asks for stands in texts.json, and every one there is asked for. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import texts from "../texts.json";

const here = join(process.env["YESAND_REPO"] ?? "..", "browser/src");
const sources = readdirSync(here, { recursive: true, encoding: "utf-8" })
  .filter((name) => name.endsWith(".ts"))
  .map((name) => readFileSync(join(here, name), "utf-8"))
  .join("\n");
const known = new Set(Object.keys(texts));

test("no key is missing", () => {
  const asked = [...sources.matchAll(/"((?:stage|director|greenroom|audition|uploads|delay|bench|take)\.[a-z_]+)"/g)].map((hit) => hit[1] as string);
  assert.ok(asked.length > 30);
  assert.deepEqual(asked.filter((key) => !known.has(key)), []);
});

test("each problem has a title and says what to do", () => {
  const codes = new Set([...known].filter((key) => key.startsWith("problem.")).map((key) => key.split(".")[1]));
  for (const code of codes) assert.ok(known.has(`problem.${code}.title`) && known.has(`problem.${code}.do`), code);
  const asked = [...sources.matchAll(/"((?:mic|cam|storage|pipe|receipt|leak|uplink|clock)_[a-z]+|insecure|phone|no_recorder|second_tab|leak)"/g)].map((hit) => hit[1] as string);
  const shown = ["insecure", "phone", "no_recorder", "second_tab", "leak", "mic_silent", "mic_noisy", "mic_clipping", "storage_private", "storage_small", "uplink_slow", "clock_far", "pipe_refused", "pipe_broken", "receipt_wrong"];
  for (const code of shown) {
    assert.ok(asked.includes(code), `${code} is never found`);
    assert.ok(codes.has(code), `${code} has no words`);
  }
  for (const kind of ["mic", "cam"]) for (const why of ["denied", "missing", "busy"]) assert.ok(codes.has(`${kind}_${why}`));
});

test("no sentence stands there unused", () => {
  const made = /^(problem\.|director\.(call|files|cue)_|audition\.|take\.)/;
  const unused = [...known].filter((key) => !made.test(key) && !sources.includes(`"${key}"`));
  assert.deepEqual(unused, []);
});

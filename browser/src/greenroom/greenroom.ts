/** The green room: one line when all is well, else only what fails and what to do. */
import { needBoot, post, text } from "../kit/boot.ts";
import { devicesChanged } from "../kit/devices.ts";
import { all, one, onClick, say } from "../kit/dom.ts";
import { holdLock } from "../kit/lock.ts";
import {
  cameraVideo, chooseDevices, chosenDevices, getTrack, MediaTrouble, rawAudio,
} from "../kit/media.ts";
import { browserCheck, clockCheck, type Found, storageCheck } from "./checks.ts";
import { type LoopOptions, type LoopResult, recordLoop } from "./loop.ts";
import { bars, type VoiceCheck } from "./voice.ts";

interface Boot extends LoopOptions {
  readonly session: string;
  readonly report_url: string;
  readonly socket_url?: string;
  readonly min_storage: number;
}

const boot = needBoot<Boot>();
const words = new Map<string, string>();
let mic: MediaStreamTrack | null = null;
let cam: MediaStreamTrack | null = null;
let context: AudioContext | null = null;
let loop: LoopResult | null = null;
let held: (() => void) | null = null;
let tries = 0;

/** Faults of the way to us: they go by themselves, and so does the test. */
const OURS = ["pipe_refused", "pipe_broken"];
const AGAIN_MS = [4000, 10_000, 30_000];
/** A device that is blocked, gone or taken by another program. */
const AT_DEVICE = /^(mic|cam)_(denied|missing|busy)$/;
const DAY_MS = 86_400_000;

function state(now: "idle" | "asking" | "checking" | "ready" | "failed"): void {
  document.body.dataset["state"] = now;
  const busy = now === "asking" || now === "checking";
  for (const button of all<HTMLButtonElement>('[data-act="start"], [data-act="again"], [data-act="hear"]')) {
    button.disabled = busy;
    if (button.dataset["act"] === "start") button.hidden = now !== "idle" && !busy;
    else button.hidden = now === "idle" || busy;
  }
}

/** Nobody goes in before the check says so; the link says the same to a screen reader. */
function allowIn(next: string | null): void {
  for (const link of all<HTMLAnchorElement>("a[data-go]")) {
    if (next === null) link.setAttribute("aria-disabled", "true");
    else {
      link.removeAttribute("aria-disabled");
      if (next) link.href = next;
    }
  }
}

async function takeDevices(): Promise<Found> {
  const problems: string[] = [];
  const { mic: micId, cam: camId } = chosenDevices();
  mic?.stop();
  cam?.stop();
  mic = cam = null;
  try {
    mic = await getTrack("mic", rawAudio(micId));
  } catch (error) {
    problems.push(error instanceof MediaTrouble ? error.code : "mic_busy");
  }
  try {
    cam = await getTrack("cam", cameraVideo(camId, { width: 640, height: 360, frame_rate: 24 }));
  } catch (error) {
    problems.push(error instanceof MediaTrouble ? error.code : "cam_busy");
  }
  const video = one<HTMLVideoElement>("video[data-self]");
  if (video) {
    video.srcObject = cam ? new MediaStream([cam]) : null;
    if (cam) video.play().catch(() => undefined);
  }
  await listDevices();
  return { problems, warnings: [], numbers: { mic: mic?.getSettings().sampleRate ?? null, cam: cam?.label !== undefined } };
}

async function listDevices(): Promise<void> {
  const kinds = { mic: "audioinput", cam: "videoinput", out: "audiooutput" } as const;
  const devices = await navigator.mediaDevices.enumerateDevices();
  const chosen = chosenDevices();
  for (const pick of all<HTMLSelectElement>("select[data-pick]")) {
    const name = pick.dataset["pick"] as keyof typeof kinds;
    const options = devices.filter((device) => device.kind === kinds[name]);
    pick.replaceChildren(
      ...options.map((device, nth) =>
        new Option(device.label || text("greenroom.device", { n: nth + 1 }), device.deviceId, false, device.deviceId === chosen[name])),
    );
    pick.disabled = options.length < 2;
  }
}

function showVoice(voice: VoiceCheck): void {
  const level = voice.levels.at(-1);
  const meter = one<HTMLMeterElement>("meter[data-level]");
  if (meter && level) meter.value = Math.max(0, (level.rms_db + 60) / 60);
  const done = { "[data-laugh]": voice.laughed, "[data-whisper]": voice.whispered };
  for (const [selector, heard] of Object.entries(done)) {
    const figure = one<HTMLElement>(selector);
    if (!figure || figure.dataset["heard"] === "yes") continue;
    figure.querySelector("path")?.setAttribute("d", bars(voice.levels, 200, 46));
    if (!heard) continue;
    figure.dataset["heard"] = "yes";
    const caption = figure.querySelector("figcaption");
    if (caption) caption.textContent = text(selector === "[data-laugh]" ? "greenroom.laugh_heard" : "greenroom.whisper_heard");
  }
}

function showLeak(found: Found): void {
  const sign = one<HTMLElement>("[data-leak]");
  const db = found.numbers["leak_db"];
  if (!sign || found.numbers["played"] !== true) return;
  sign.dataset["db"] = typeof db === "number" ? db.toFixed(0) : "";
  sign.textContent =
    typeof db === "number"
      ? text("greenroom.leak", { db: db.toFixed(0), limit: boot.leak_limit_db })
      : text("greenroom.leak_not_heard");
}

function showProblems(problems: readonly string[]): void {
  const [first] = problems;
  say("data-verdict", first ? text(`problem.${first}.title`) : text("greenroom.ready"));
  say("data-progress", first ? "" : text("greenroom.go_in"));
  const host = one("[data-problems]");
  host?.replaceChildren(
    ...problems.map((code) => {
      const article = document.createElement("article");
      article.dataset["problem"] = code;
      const title = document.createElement("h2");
      title.textContent = text(`problem.${code}.title`);
      const todo = document.createElement("p");
      todo.textContent = words.get(code) ?? text(`problem.${code}.do`);
      // The first one's title is already the page's heading.
      article.append(...(code === first ? [todo] : [title, todo]));
      return article;
    }),
  );
}

/** The stage of this room holds the same lock: one tab at a time has the microphone. */
async function alone(): Promise<boolean> {
  held ??= await holdLock(`stage:${boot.session}`);
  return held !== null;
}

async function run(): Promise<void> {
  state("asking");
  allowIn(null);
  words.clear();
  one("[data-problems]")?.replaceChildren();
  say("data-progress", text("greenroom.asking"));
  const checks: Record<string, Found> = { browser: browserCheck() };
  if (!(await alone())) checks["browser"]?.problems.push("second_tab");
  const failed = (): boolean => Object.values(checks).some((check) => check.problems.length > 0);
  if (!failed()) {
    context ??= new AudioContext();
    // A click led here, so the browser lets it play; it may only do so now.
    void context.resume();
    checks["devices"] = await takeDevices();
  }
  if (mic) {
    state("checking");
    say("data-verdict", text("greenroom.listening"));
    say("data-progress", text("greenroom.laugh_whisper"));
    checks["storage"] = await storageCheck(boot.min_storage);
  }
  if (mic && context && !failed()) {
    const clock = clockCheck(boot.socket_url);
    loop = await recordLoop(mic, chosenDevices().out, context, boot, {
      level: showVoice,
      progress: (key) => say("data-progress", text(key)),
      refused: (code, says) => words.set("pipe_refused", says || code),
    });
    const { voice, leak, uplink, pipe } = loop;
    Object.assign(checks, { voice, leak, uplink, pipe, clock: await clock });
    showLeak(leak);
  }
  await finish(checks);
}

async function finish(checks: Readonly<Record<string, Found>>): Promise<void> {
  const unique = (pick: (found: Found) => readonly string[]): string[] => [
    ...new Set(Object.values(checks).flatMap((found) => pick(found))),
  ];
  const problems = unique((found) => found.problems);
  const report = {
    ok: problems.length === 0,
    problems,
    warnings: unique((found) => found.warnings),
    checks: Object.fromEntries(Object.entries(checks).map(([name, found]) => [name, found.numbers])),
    devices: { mic: mic?.label ?? "", cam: cam?.label ?? "", agent: navigator.userAgent },
  };
  const answer = await post(boot.report_url, report);
  if (!answer.ok && report.ok) {
    problems.push("pipe_refused");
    words.set("pipe_refused", typeof answer.body["says"] === "string" ? answer.body["says"] : text("problem.pipe_broken.do"));
  }
  showProblems(problems);
  againLater(problems);
  if (problems.length === 0) allowIn(typeof answer.body["next"] === "string" ? answer.body["next"] : "");
  state(problems.length === 0 ? "ready" : "failed");
}

/** What is the server's to mend is tested again by itself; what a device lacks, once devices change. */
function againLater(problems: readonly string[]): void {
  if (problems.length === 0) return void (tries = 0);
  const turn = (): void => {
    if (document.body.dataset["state"] === "failed" && !document.hidden) start();
  };
  const kind = problems.every((code) => AT_DEVICE.test(code)) ? (problems[0]?.startsWith("mic") ? "mic" : "cam") : null;
  if (kind) return void devicesChanged(kind, DAY_MS).then(turn);
  const ours = problems.every((code) => OURS.includes(code));
  if (ours) setTimeout(turn, AGAIN_MS[Math.min(tries++, AGAIN_MS.length - 1)]);
}

function hear(): void {
  if (!loop?.samples.length || !context) return;
  const buffer = context.createBuffer(1, loop.samples.length, loop.rate);
  buffer.copyToChannel(loop.samples, 0);
  const source = context.createBufferSource();
  source.buffer = buffer;
  source.connect(context.destination);
  source.start();
}

function start(): void {
  run().catch((error: unknown) => {
    console.error(error);
    showProblems(["pipe_broken"]);
    state("failed");
  });
}

onClick('[data-act="start"], [data-act="again"]', start);
onClick('[data-act="hear"]', hear);
onClick('a[data-go][aria-disabled="true"]', () => undefined);
document.addEventListener("change", (event) => {
  const pick = event.target instanceof HTMLSelectElement ? event.target.dataset["pick"] : undefined;
  if (!pick) return;
  chooseDevices({ ...chosenDevices(), [pick]: (event.target as HTMLSelectElement).value });
  if (document.body.dataset["state"] !== "idle") start();
});
state("idle");
allowIn(null);
if (!(await alone())) {
  showProblems(["second_tab"]);
  state("failed");
}

/** A bare page around the recorder, for tests: no stage, no call, no words. */
import { csrfToken, needBoot } from "../../src/kit/boot.ts";
import { clientMs } from "../../src/kit/clock.ts";
import { readJournals, streamsFolder } from "../../src/recorder/journal.ts";
import { Recorder, type RecorderOptions } from "../../src/recorder/recorder.ts";
import { finishLeftovers } from "../../src/recorder/resume.ts";

interface Boot extends RecorderOptions {
  readonly camera: boolean;
  readonly reason: "start" | "reload";
}

const boot = needBoot<Boot>();
const heard: Record<string, unknown>[] = [];
let recorder: Recorder | null = null;

async function start(): Promise<void> {
  const raw = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  const camera = boot.camera && { width: 320, height: 180, frameRate: 15 };
  const media = await navigator.mediaDevices.getUserMedia({ audio: raw, video: camera });
  const [mic] = media.getAudioTracks();
  const [cam] = media.getVideoTracks();
  if (!mic) throw new Error("no microphone");
  recorder = new Recorder(boot, {
    recording: (rate) => {
      document.body.dataset["state"] = "recording";
      document.body.dataset["rate"] = String(rate);
    },
    trouble: (code, says) => heard.push({ code, says }),
    micEnded: (why) => heard.push({ ended: why }),
  });
  await recorder.start(mic, cam ?? null, boot.reason);
}

const api = {
  start,
  csrfToken,
  heard,
  clientMs,
  event: (type: "glitch", fields: Record<string, unknown>) => recorder?.event(type, fields),
  pause: () => recorder?.pause("pause"),
  goOn: () => recorder?.goOn(),
  streams: () => [...(recorder?.streams.values() ?? [])],
  async stop(): Promise<void> {
    await recorder?.stop();
    document.body.dataset["state"] = "stopped";
  },
  reached: (states: ("declared" | "sealed")[], ms: number) => recorder?.reached(states, ms),
  /** Streams this browser still keeps, readable or not. */
  async kept(): Promise<number> {
    const { journals, unreadable } = await readJournals(await streamsFolder());
    return journals.length + unreadable;
  },
  /** True once this browser keeps no stream any more. */
  async nothingKept(withinMs: number): Promise<boolean> {
    const end = performance.now() + withinMs;
    while (performance.now() < end) {
      if ((await api.kept()) === 0) return true;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return false;
  },
  /** Blocks the main thread, as a long computation of the page would. */
  block(ms: number): void {
    const end = performance.now() + ms;
    while (performance.now() < end);
  },
};

declare global {
  interface Window {
    recorderPage: typeof api;
  }
}
window.recorderPage = api;
document.body.dataset["state"] = "idle";
void finishLeftovers((left) => {
  document.body.dataset["left"] = String(left);
});

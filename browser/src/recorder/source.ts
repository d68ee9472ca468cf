/** How the microphone's samples reach the worker: MediaStreamTrackProcessor, else an AudioWorklet. */
import type { WorkerLink } from "./link.ts";

interface TrackProcessor {
  readonly readable: ReadableStream<AudioData>;
}
type TrackProcessorMaker = new (init: { track: MediaStreamTrack; maxBufferSize?: number }) => TrackProcessor;

export type Intake = "mstp" | "worklet";

/** Chunks of about 10 ms the browser may hold back while the worker waits for the disk: 5 s. */
const QUEUE = 500;

function processor(): TrackProcessorMaker | null {
  const found = (globalThis as { MediaStreamTrackProcessor?: TrackProcessorMaker }).MediaStreamTrackProcessor;
  return found ?? null;
}

/** What this browser can record by, best first; null where it can do neither. */
export function bestIntake(): Intake | null {
  if (processor()) return "mstp";
  return typeof AudioWorkletNode === "undefined" ? null : "worklet";
}

/** Starts the flow of one track into one stream; the answer ends it. */
export async function startIntake(
  link: WorkerLink,
  stream: string,
  track: MediaStreamTrack,
  intake: Intake,
): Promise<() => void> {
  if (intake === "mstp") {
    const Maker = processor();
    if (!Maker) throw new Error("no MediaStreamTrackProcessor");
    const { readable } = new Maker({ track, maxBufferSize: QUEUE });
    link.send({ do: "mic", stream, readable }, [readable as unknown as Transferable]);
    return () => undefined;
  }
  return startWorklet(link, stream, track);
}

async function startWorklet(link: WorkerLink, stream: string, track: MediaStreamTrack): Promise<() => void> {
  const { sampleRate } = track.getSettings();
  // At the device's own rate, so that the browser need not resample.
  const context = new AudioContext(sampleRate ? { sampleRate, latencyHint: "playback" } : {});
  await context.audioWorklet.addModule(new URL("./recorder-worklet.js", import.meta.url));
  await context.resume();
  const source = context.createMediaStreamSource(new MediaStream([track]));
  const node = new AudioWorkletNode(context, "yesand-taker", { numberOfOutputs: 0 });
  const channel = new MessageChannel();
  node.port.postMessage(channel.port1, [channel.port1]);
  link.send({ do: "mic-port", stream, port: channel.port2, rate: context.sampleRate }, [channel.port2]);
  source.connect(node);
  return () => {
    source.disconnect();
    void context.close();
  };
}

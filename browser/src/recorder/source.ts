/**
 * How samples reach the worker: MediaStreamTrackProcessor, else an AudioWorklet.
 *
 * The partner as heard comes by an AudioWorklet at 16 kHz: Chromium resamples a remote track by
 * itself. Its samples are silence unless the track also plays in a media element, as it does on
 * the stage.
 */
import type { WorkerLink } from "./link.ts";

interface TrackProcessor {
  readonly readable: ReadableStream<AudioData>;
}
type TrackProcessorMaker = new (init: { track: MediaStreamTrack; maxBufferSize?: number }) => TrackProcessor;

export type Intake = "mstp" | "worklet";

/** Chunks of about 10 ms the browser may hold back while the worker waits for the disk: 5 s. */
const QUEUE = 500;
/** Enough to find a voice again, a third of the microphone's bytes. */
const HEARD_RATE = 16_000;
/** Blocks of 128 samples in one message: about 21 ms of a microphone, 32 ms of what is heard. */
const MIC_QUANTA = 8;
const HEARD_QUANTA = 4;

function processor(): TrackProcessorMaker | null {
  const found = (globalThis as { MediaStreamTrackProcessor?: TrackProcessorMaker }).MediaStreamTrackProcessor;
  return found ?? null;
}

/** What this browser can record by, best first; null where it can do neither. */
export function bestIntake(): Intake | null {
  if (processor()) return "mstp";
  return typeof AudioWorkletNode === "undefined" ? null : "worklet";
}

/** Starts the flow of one track as a source of the worker, at once; the answer ends it. */
export async function startIntake(
  link: WorkerLink,
  source: string,
  track: MediaStreamTrack,
  intake: Intake,
): Promise<() => void> {
  if (intake === "mstp") {
    const Maker = processor();
    if (!Maker) throw new Error("no MediaStreamTrackProcessor");
    const { readable } = new Maker({ track, maxBufferSize: QUEUE });
    link.send({ do: "source", source, readable }, [readable as unknown as Transferable]);
    return () => undefined;
  }
  const { sampleRate } = track.getSettings();
  // At the device's own rate, so that the browser need not resample.
  const context = new AudioContext(sampleRate ? { sampleRate, latencyHint: "playback" } : {});
  return startWorklet(link, source, track, context, MIC_QUANTA);
}

/** Starts the flow of the partner's track, as `startIntake`. */
export async function startHeard(link: WorkerLink, source: string, track: MediaStreamTrack): Promise<() => void> {
  const low = new AudioContext({ sampleRate: HEARD_RATE, latencyHint: "interactive" });
  try {
    return await startWorklet(link, source, track, low, HEARD_QUANTA);
  } catch (error) {
    void low.close();
    // Firefox takes a remote track at its own rate only.
    if (!(error instanceof DOMException && error.name === "NotSupportedError")) throw error;
  }
  return startWorklet(link, source, track, new AudioContext({ latencyHint: "interactive" }), MIC_QUANTA);
}

async function startWorklet(
  link: WorkerLink,
  source: string,
  track: MediaStreamTrack,
  context: AudioContext,
  quanta: number,
): Promise<() => void> {
  await context.audioWorklet.addModule(new URL("./recorder-worklet.js", import.meta.url));
  await context.resume();
  const node = context.createMediaStreamSource(new MediaStream([track]));
  const taker = new AudioWorkletNode(context, "yesand-taker", {
    numberOfOutputs: 0,
    processorOptions: { quanta },
  });
  const channel = new MessageChannel();
  taker.port.postMessage(channel.port1, [channel.port1]);
  link.send({ do: "source-port", source, port: channel.port2, rate: context.sampleRate }, [channel.port2]);
  node.connect(taker);
  return () => {
    node.disconnect();
    void context.close();
  };
}

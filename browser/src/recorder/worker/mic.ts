/** Reads the microphone off the main thread, by a track's readable or by a worklet's port. */
import type { ClockShift } from "../clockshift.ts";
import type { Chunk } from "../framing.ts";

export interface Taking {
  chunk(chunk: Chunk): void;
  /** The source ended or broke by itself. */
  ended(why: string): void;
}

/** Reads until the track ends or `stop` is called; stop takes effect at once. */
export function readTrack(readable: ReadableStream<AudioData>, clock: ClockShift, taking: Taking): () => void {
  const reader = readable.getReader();
  let stopped = false;
  const read = async (): Promise<void> => {
    while (!stopped) {
      const { done, value } = await reader.read();
      const now = clock.now();
      if (done) break;
      if (!stopped) taking.chunk(toChunk(value, now));
      value.close();
    }
  };
  read().then(
    () => stopped || taking.ended("device_ended"),
    (error: unknown) => stopped || taking.ended(error instanceof Error ? error.name : "broken"),
  );
  return () => {
    stopped = true;
    reader.cancel().catch(() => undefined);
  };
}

function toChunk(data: AudioData, now: number): Chunk {
  const planes: Float32Array[] = [];
  for (let planeIndex = 0; planeIndex < data.numberOfChannels; planeIndex++) {
    const plane = new Float32Array(data.numberOfFrames);
    data.copyTo(plane, { planeIndex, format: "f32-planar" });
    planes.push(plane);
  }
  return { planes, rate: data.sampleRate, deviceUs: data.timestamp, clientMs: now };
}

/** What the worklet posts. */
interface WorkletChunk {
  readonly planes: readonly Float32Array[];
}

/** The way of browsers without MediaStreamTrackProcessor: no device time. */
export function readPort(port: MessagePort, rate: number, clock: ClockShift, taking: Taking): () => void {
  port.onmessage = (message: MessageEvent<WorkletChunk>) => {
    const { planes } = message.data;
    if (planes.length) taking.chunk({ planes, rate, deviceUs: null, clientMs: clock.now() });
  };
  return () => {
    port.onmessage = null;
    port.close();
  };
}

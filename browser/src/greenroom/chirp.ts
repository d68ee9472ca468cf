/** Plays the sweeps to the chosen output and says when. */
import { clientMs } from "../kit/clock.ts";
import { LEAK_SECONDS, sweeps } from "./leak.ts";

export const CHIRP_LOUD = 0.25;

interface WithSink {
  setSinkId?: (id: string) => Promise<void>;
}

/** Client time at which the sweeps began; null where this browser does not play now. */
export async function playSweeps(context: AudioContext, out: string): Promise<number | null> {
  const sink = context as AudioContext & WithSink;
  if (out && sink.setSinkId) await sink.setSinkId(out).catch(() => undefined);
  if (context.state !== "running") await Promise.race([context.resume(), pause(500)]);
  if (context.state !== "running") return null;
  const samples = sweeps(context.sampleRate, CHIRP_LOUD);
  const buffer = context.createBuffer(1, samples.length, context.sampleRate);
  buffer.copyToChannel(samples, 0);
  const source = context.createBufferSource();
  source.buffer = buffer;
  source.connect(context.destination);
  const began = clientMs();
  source.start();
  await Promise.race([
    new Promise<void>((resolve) => {
      source.onended = () => resolve();
    }),
    pause(LEAK_SECONDS * 1000 + 1500),
  ]);
  return began;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

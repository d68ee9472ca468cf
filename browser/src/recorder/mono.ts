/** From device chunks to mono: the first channel where all are equal, else their mean. */

export interface Mono {
  readonly samples: Float32Array;
  /** True where the channels differed, so that the mean was taken. */
  readonly mixed: boolean;
}

export function toMono(planes: readonly Float32Array[]): Mono {
  const first = planes[0];
  if (!first) throw new Error("a chunk without channels");
  const mixed = planes.some((plane) => plane !== first && differs(plane, first));
  if (!mixed) return { samples: first, mixed };
  const samples = new Float32Array(first.length);
  for (let at = 0; at < samples.length; at++) {
    let sum = 0;
    for (const plane of planes) sum += plane[at] ?? 0;
    samples[at] = sum / planes.length;
  }
  return { samples, mixed };
}

function differs(left: Float32Array, right: Float32Array): boolean {
  for (let at = 0; at < left.length; at++) if (left[at] !== right[at]) return true;
  return false;
}

/** Level of a stretch of samples. `rms_db` is -120 for silence. */
export function levelOf(samples: Float32Array): { rms_db: number; peak: number; clipped: number } {
  let sum = 0;
  let peak = 0;
  let clipped = 0;
  for (const sample of samples) {
    const size = Math.abs(sample);
    sum += sample * sample;
    if (size > peak) peak = size;
    if (size >= 0.999) clipped += 1;
  }
  const rms = samples.length ? Math.sqrt(sum / samples.length) : 0;
  return { rms_db: Math.max(-120, 20 * Math.log10(rms || 1e-6)), peak, clipped };
}

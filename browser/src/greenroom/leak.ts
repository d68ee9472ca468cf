/**
 * How loud the speakers are in the microphone: sweeps are played, and looked for in what was heard.
 *
 * The leak is the gain from what is played to what is recorded, both against full scale, echoes of
 * 50 ms included. Where no sweep stands out, there is only a bound below which it would have been
 * missed. Pure.
 */

const FROM_HZ = 400;
const TO_HZ = 4000;
const SWEEP_S = 0.6;
const GAP_S = 0.15;
const SWEEPS = 3;
const FADE_S = 0.02;
/** How far the correlation must stand above its surroundings to count as heard. */
const ABOVE = 6;
/** The same for one sweep alone, above the median of its surroundings. */
const ABOVE_ONE = 5;
/** The way from play to microphone is the same for every sweep, to within this. */
const SAME_WAY_S = 0.001;
const ECHO_S = 0.05;
/** The longest way from play to microphone that is looked at. */
const LATEST_S = 1.2;

export const LEAK_SECONDS = SWEEPS * (SWEEP_S + GAP_S);

export interface Leak {
  /** dB; null where nothing was heard. */
  readonly leak_db: number | null;
  /** A louder leak than this would have been heard, dB. */
  readonly bound_db: number;
  /** From play to microphone, milliseconds; null where nothing was heard. */
  readonly delay_ms: number | null;
}

/** The three sweeps at a sample rate, largest value `amplitude`. */
export function sweeps(rate: number, amplitude: number): Float32Array<ArrayBuffer> {
  const samples = new Float32Array(Math.ceil(LEAK_SECONDS * rate));
  const length = Math.round(SWEEP_S * rate);
  for (let nth = 0; nth < SWEEPS; nth++) {
    const start = Math.round(nth * (SWEEP_S + GAP_S) * rate);
    for (let at = 0; at < length; at++) {
      const t = at / rate;
      const phase = 2 * Math.PI * (FROM_HZ * t + ((TO_HZ - FROM_HZ) * t * t) / (2 * SWEEP_S));
      const edge = Math.min(1, t / FADE_S, (SWEEP_S - t) / FADE_S);
      samples[start + at] = amplitude * Math.sin(phase) * Math.max(0, edge);
    }
  }
  return samples;
}

/** Looks for the sweeps in what the microphone heard from the moment they were played. */
export function findLeak(heard: Float32Array, rate: number, amplitude: number): Leak {
  const played = sweeps(rate, amplitude);
  const lags = Math.round(LATEST_S * rate);
  const gain = correlate(heard, played, lags);
  const own = correlate(played, played, Math.round(ECHO_S * rate));
  const peak = strongest(gain);
  const echo = Math.round(ECHO_S * rate);
  // The loudest way need not be the first one.
  const from = Math.max(0, peak - echo);
  const to = Math.min(gain.length, peak + echo);
  let away = 0;
  let count = 0;
  for (let at = 0; at < gain.length; at++) {
    if (at >= from - echo && at < to + echo) continue;
    away += (gain[at] ?? 0) ** 2;
    count += 1;
  }
  const noise = Math.sqrt(away / Math.max(1, count));
  const bound_db = decibel(ABOVE * noise);
  const nothing: Leak = { leak_db: null, bound_db, delay_ms: null };
  if (Math.abs(gain[peak] ?? 0) <= ABOVE * noise || peak === 0) return nothing;
  if (!everySweep(heard, played, rate, peak)) return nothing;
  // A sweep's own correlation has a width; by it the energy around the peak becomes a gain.
  let width = 0;
  for (const value of own) width += 2 * value * value;
  let energy = 0;
  for (let at = from; at < to; at++) energy += (gain[at] ?? 0) ** 2 - noise * noise;
  const leak = Math.sqrt(Math.max(0, energy) / (width - 1));
  return { leak_db: decibel(leak), bound_db, delay_ms: (peak / rate) * 1000 };
}

/**
 * True where each sweep alone is found on the same way. Somebody who talks meanwhile makes peaks
 * too, but never three of them on one way.
 */
function everySweep(heard: Float32Array, played: Float32Array, rate: number, way: number): boolean {
  const one = played.subarray(0, Math.round(SWEEP_S * rate));
  const near = Math.round(SAME_WAY_S * rate);
  for (let nth = 0; nth < SWEEPS; nth++) {
    const start = Math.round(nth * (SWEEP_S + GAP_S) * rate);
    const gain = correlate(heard.subarray(start, start + way + near + one.length + 1), one, way + near + 1);
    const sorted = Float64Array.from(gain, Math.abs).sort();
    const usual = sorted[Math.floor(sorted.length / 2)] ?? 0;
    let best = 0;
    for (let at = Math.max(0, way - near); at < gain.length; at++) best = Math.max(best, Math.abs(gain[at] ?? 0));
    if (best <= ABOVE_ONE * usual) return false;
  }
  return true;
}

/** sum(x[t + lag] y[t]) / sum(y^2) for lag from 0 to `lags`, by FFT. */
function correlate(x: Float32Array, y: Float32Array, lags: number): Float64Array {
  let size = 1;
  while (size < Math.max(x.length, lags + y.length) + y.length) size *= 2;
  const xr = new Float64Array(size);
  const xi = new Float64Array(size);
  const yr = new Float64Array(size);
  const yi = new Float64Array(size);
  xr.set(x);
  yr.set(y);
  fft(xr, xi);
  fft(yr, yi);
  for (let at = 0; at < size; at++) {
    const [a, b, c, d] = [xr[at] ?? 0, xi[at] ?? 0, yr[at] ?? 0, yi[at] ?? 0];
    // x times the conjugate of y; the swap of parts makes the forward transform an inverse one.
    xr[at] = a * c + b * d;
    xi[at] = -(b * c - a * d);
  }
  fft(xr, xi);
  let energy = 0;
  for (const value of y) energy += value * value;
  return xr.slice(0, lags).map((value) => value / size / (energy || 1));
}

/** In place, length a power of two. */
export function fft(real: Float64Array, imaginary: Float64Array): void {
  const size = real.length;
  for (let at = 1, to = 0; at < size; at++) {
    let bit = size >> 1;
    for (; to & bit; bit >>= 1) to ^= bit;
    to ^= bit;
    if (at < to) {
      [real[at], real[to]] = [real[to] ?? 0, real[at] ?? 0];
      [imaginary[at], imaginary[to]] = [imaginary[to] ?? 0, imaginary[at] ?? 0];
    }
  }
  for (let half = 1; half < size; half *= 2) {
    for (let nth = 0; nth < half; nth++) {
      const angle = (-Math.PI * nth) / half;
      const [wr, wi] = [Math.cos(angle), Math.sin(angle)];
      for (let low = nth; low < size; low += 2 * half) {
        const high = low + half;
        const [hr, hi] = [real[high] ?? 0, imaginary[high] ?? 0];
        const [tr, ti] = [hr * wr - hi * wi, hr * wi + hi * wr];
        const [lr, li] = [real[low] ?? 0, imaginary[low] ?? 0];
        real[high] = lr - tr;
        imaginary[high] = li - ti;
        real[low] = lr + tr;
        imaginary[low] = li + ti;
      }
    }
  }
}

function strongest(values: Float64Array): number {
  let best = 0;
  for (let at = 1; at < values.length; at++) if (Math.abs(values[at] ?? 0) > Math.abs(values[best] ?? 0)) best = at;
  return best;
}

const decibel = (gain: number): number => 20 * Math.log10(Math.max(gain, 1e-7));

/** Draws lanes as SVG: one picture a role, from real peaks. */

const NS = "http://www.w3.org/2000/svg";

export interface Peaks {
  readonly per_second: number;
  readonly full: number;
  readonly peaks: readonly number[];
}

/** An SVG element with attributes; `style` is never used, the page's policy forbids it. */
export function svg(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const element = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

/** The path of a waveform in a box `width` by `height`, seconds `from` to `to`. */
export function wavePath(peaks: Peaks, from: number, to: number, width: number, height: number): string {
  const first = Math.floor(from * peaks.per_second);
  const count = Math.max(1, Math.ceil((to - from) * peaks.per_second));
  const bars = Math.min(count, Math.floor(width / 3));
  const middle = height / 2;
  let path = "";
  for (let bar = 0; bar < bars; bar += 1) {
    const low = first + Math.floor((bar * count) / bars);
    const high = first + Math.max(Math.floor(((bar + 1) * count) / bars), Math.floor((bar * count) / bars) + 1);
    let top = 0;
    for (let index = low; index < high; index += 1) top = Math.max(top, peaks.peaks[index] ?? 0);
    // Loudness is heard by ratios: a root shows quiet speech without letting shouting fill the lane.
    const reach = Math.max(0.6, Math.sqrt(Math.min(1, top / peaks.full)) * (middle - 2));
    const x = ((bar + 0.5) * width) / bars;
    path += `M${x.toFixed(1)} ${(middle - reach).toFixed(1)}V${(middle + reach).toFixed(1)}`;
  }
  return path;
}

/** Seconds to x. */
export function scale(from: number, to: number, width: number): (seconds: number) => number {
  const span = Math.max(to - from, 1e-9);
  return (seconds) => ((seconds - from) / span) * width;
}

/** Two lanes that play in step: what a take page, a bench item and an exit strip share. */
import { text } from "../kit/boot.ts";
import { all, one, onClick } from "../kit/dom.ts";
import { minutesSeconds } from "../kit/clock.ts";
import { onKeys, pressesItself } from "../kit/keys.ts";
import { type Peaks, scale, svg, wavePath } from "./draw.ts";
import { Player } from "./player.ts";

export interface Lane {
  readonly role: string;
  readonly name: string;
  readonly media: string;
  readonly peaks: string;
  readonly offset: number;
  readonly turns: readonly (readonly [number, number])[];
  readonly backchannels: readonly (readonly [number, number])[];
  readonly gaps: readonly (readonly [number, number])[];
}

export interface Cue {
  readonly at: number;
  readonly end: number;
  readonly role: string;
  readonly text: string;
  readonly answer: string;
}

export interface Finding {
  readonly number: number;
  readonly at: number;
  readonly end: number;
  readonly role: string;
  readonly needs_you: boolean;
}

export interface TimelineData {
  readonly seconds: number;
  readonly from: number;
  readonly lanes: readonly Lane[];
  readonly overlaps: readonly (readonly [number, number])[];
  readonly cues: readonly Cue[];
  readonly findings: readonly Finding[];
  readonly outs: readonly (readonly [number, number])[];
  readonly judge: readonly [number, number] | null;
}

const WIDTH = 1000;
const LANE = 96;

/** One timeline in its `[data-timeline]`. */
export class Timeline {
  readonly player: Player;
  private readonly heads: SVGElement[] = [];
  private zoom = 1;
  private left = 0;
  plays = 0;

  constructor(
    private readonly root: HTMLElement,
    readonly data: TimelineData,
  ) {
    this.player = new Player(data.lanes, data.seconds, () => this.show());
    void this.draw();
    const frame = (): void => {
      this.player.tick();
      this.move();
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  private get right(): number {
    return this.left + this.data.seconds / this.zoom;
  }

  private async draw(): Promise<void> {
    const host = one<HTMLElement>("[data-lanes]", this.root);
    if (!host) return;
    const peaks = await Promise.all(this.data.lanes.map((lane) => fetchPeaks(lane.peaks)));
    host.replaceChildren();
    this.heads.length = 0;
    this.data.lanes.forEach((lane, index) => host.append(this.lane(lane, peaks[index] ?? null)));
    this.move();
    this.root.dataset["drawn"] = "yes";
  }

  private lane(lane: Lane, peaks: Peaks | null): HTMLElement {
    const row = document.createElement("div");
    row.className = `tl-lane tl-${lane.role}`;
    const head = document.createElement("div");
    head.className = "tl-head";
    const name = document.createElement("b");
    name.textContent = lane.name;
    head.append(name, this.toggle("solo", lane), this.toggle("mute", lane));
    const picture = svg("svg", {
      viewBox: `0 0 ${WIDTH} ${LANE}`, preserveAspectRatio: "none", class: "tl-wave", "aria-hidden": "true",
    });
    const x = scale(this.left, this.right, WIDTH);
    const box = (from: number, to: number, kind: string, top = 0, tall = LANE): void => {
      const width = Math.max(1, x(to) - x(from));
      picture.append(svg("rect", { x: x(from).toFixed(1), y: top, width: width.toFixed(1), height: tall, class: kind }));
    };
    for (const [from, to] of lane.turns) box(from, to, "tl-turn");
    for (const [from, to] of this.data.overlaps) box(from, to, "tl-overlap");
    for (const [from, to] of lane.gaps) box(from, to, "tl-gap");
    for (const [from, to] of this.data.outs) box(from, to, "tl-out");
    if (peaks) picture.append(svg("path", { d: wavePath(peaks, this.left, this.right, WIDTH, LANE), class: "tl-peaks" }));
    for (const [from, to] of lane.backchannels) box(from, to, "tl-back", LANE - 5, 5);
    for (const cue of this.data.cues) if (cue.role === lane.role) box(cue.at, cue.end, "tl-cue", 0, 7);
    for (const finding of this.data.findings) {
      if (finding.role === lane.role || !finding.role) {
        box(finding.at, finding.end, finding.needs_you ? "tl-finding needs" : "tl-finding");
      }
    }
    if (this.data.judge && this.data.lanes[0]?.role === lane.role) box(...this.data.judge, "tl-judge");
    const mark = svg("path", { d: `M0 0V${LANE}`, class: "tl-at" });
    picture.append(mark);
    this.heads.push(mark);
    picture.addEventListener("click", (event) => {
      const frame = picture.getBoundingClientRect();
      const share = (event.clientX - frame.left) / frame.width;
      void this.player.seek(this.left + share * (this.right - this.left));
    });
    row.append(head, picture);
    return row;
  }

  private toggle(what: "solo" | "mute", lane: Lane): HTMLElement {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "tl-mini";
    button.dataset["act"] = what;
    button.dataset["role"] = lane.role;
    button.setAttribute("aria-pressed", "false");
    button.setAttribute("aria-label", text(`take.${what}_of`, { name: lane.name }));
    button.textContent = text(`take.${what}`);
    return button;
  }

  private move(): void {
    const place = scale(this.left, this.right, WIDTH)(this.player.at);
    for (const head of this.heads) head.setAttribute("transform", `translate(${place.toFixed(1)} 0)`);
    const at = one<HTMLElement>("[data-at]", this.root);
    if (at) {
      const words = `${minutesSeconds(this.player.at)} / ${minutesSeconds(this.data.seconds)}`;
      if (at.textContent !== words) at.textContent = words;
    }
  }

  private show(): void {
    this.root.dataset["playing"] = this.player.playing ? "yes" : "no";
    for (const button of all<HTMLElement>('[data-act="play"]', this.root)) {
      button.setAttribute("aria-pressed", String(this.player.playing));
    }
  }

  /** Plays or pauses; a bench item always begins at its beginning. */
  async toggleSound(): Promise<void> {
    if (this.player.playing) this.player.pause();
    else {
      this.plays += 1;
      await this.player.play(this.data.judge ? 0 : this.player.at);
    }
  }

  zoomBy(factor: number): void {
    this.zoom = Math.min(32, Math.max(1, this.zoom * factor));
    const span = this.data.seconds / this.zoom;
    this.left = Math.max(0, Math.min(this.data.seconds - span, this.player.at - span / 2));
    void this.draw();
  }

  /** Keys and buttons of this timeline. */
  listen(): void {
    onClick("[data-seek]", (element) => {
      const end = element.dataset["seekEnd"];
      void this.player.play(Number(element.dataset["seek"]), end ? Number(end) : Infinity);
    });
    onClick("[data-act]", (element) => {
      const role = element.dataset["role"] ?? "";
      const act = element.dataset["act"];
      if (act === "play" && this.root.contains(element)) void this.toggleSound();
      if (act === "solo") element.setAttribute("aria-pressed", String(this.player.solo(role)));
      if (act === "mute") element.setAttribute("aria-pressed", String(this.player.mute(role)));
      if (act === "zoom-in") this.zoomBy(2);
      if (act === "zoom-out") this.zoomBy(0.5);
    });
    onKeys((key, event) => {
      const step = key.shift ? 5 : 1;
      if (key.key === " " && !pressesItself(event)) void this.toggleSound();
      else if (key.key === "arrowleft") void this.player.seek(this.player.at - step);
      else if (key.key === "arrowright") void this.player.seek(this.player.at + step);
      else if (key.key === "home") void this.player.seek(0);
      else if (key.key === "end") void this.player.seek(this.data.seconds);
      else if (key.key === "+" || key.key === "=") this.zoomBy(2);
      else if (key.key === "-") this.zoomBy(0.5);
      else return false;
      return true;
    });
  }
}

async function fetchPeaks(url: string): Promise<Peaks | null> {
  try {
    const answer = await fetch(url, { credentials: "same-origin" });
    return answer.ok ? ((await answer.json()) as Peaks) : null;
  } catch {
    return null;
  }
}

/** The page's timeline, or null where there is none. */
export function findTimeline(): Timeline | null {
  const root = one<HTMLElement>("[data-timeline]");
  const block = root && one<HTMLScriptElement>('script[type="application/json"]', root);
  if (!root || !block?.textContent) return null;
  return new Timeline(root, JSON.parse(block.textContent) as TimelineData);
}

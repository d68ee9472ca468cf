/** Plays several tracks of one take in step: decoded once, scheduled on one clock. */

import { wait } from "../kit/clock.ts";

export interface Source {
  readonly role: string;
  readonly media: string;
  /** Seconds of the take at which the media's first sample lies. */
  readonly offset: number;
}

interface Loaded {
  readonly source: Source;
  readonly buffer: AudioBuffer;
  readonly gain: GainNode;
}

/** Two lanes on one audio clock, so that they cannot drift apart while they play. */
export class Player {
  private context: AudioContext | null = null;
  private lanes: Loaded[] = [];
  private nodes: AudioBufferSourceNode[] = [];
  private startedAt = 0;
  private from = 0;
  private until = Infinity;
  private loading: Promise<void> | null = null;
  private readonly silent = new Set<string>();
  private alone = "";
  playing = false;

  constructor(
    private readonly sources: readonly Source[],
    private readonly seconds: number,
    private readonly changed: () => void,
  ) {}

  /** Fetches and decodes every lane once; throws where one cannot be had. */
  load(): Promise<void> {
    this.loading ??= this.fetchAll();
    return this.loading;
  }

  private async fetchAll(): Promise<void> {
    const context = new AudioContext();
    this.context = context;
    this.lanes = await Promise.all(
      this.sources.map(async (source) => {
        const answer = await fetch(source.media, { credentials: "same-origin" });
        if (!answer.ok) throw new Error(`media answered ${answer.status}`);
        const buffer = await context.decodeAudioData(await answer.arrayBuffer());
        const gain = context.createGain();
        gain.connect(context.destination);
        return { source, buffer, gain };
      }),
    );
    this.mix();
  }

  /** Where the sound is now, in seconds of the take. */
  get at(): number {
    if (!this.playing || !this.context) return this.from;
    return Math.min(this.from + this.context.currentTime - this.startedAt, this.until, this.seconds);
  }

  /** Plays from a place, to an end where one is given. Resolves once it sounds. */
  async play(from = this.from, until = Infinity): Promise<void> {
    await this.load();
    const context = this.context;
    if (!context) return;
    // Without a click a browser may wait for one for ever; then the page says so.
    await Promise.race([context.resume(), wait(500)]);
    if (context.state !== "running") throw new Error("the browser waits for a click");
    this.silence();
    this.from = from >= Math.min(until, this.seconds) - 0.02 ? 0 : Math.max(0, from);
    this.until = until;
    this.startedAt = context.currentTime + 0.03;
    for (const lane of this.lanes) {
      const node = context.createBufferSource();
      node.buffer = lane.buffer;
      node.connect(lane.gain);
      const inside = this.from - lane.source.offset;
      const length = Math.min(until, this.seconds) - this.from;
      if (inside >= 0) node.start(this.startedAt, Math.min(inside, lane.buffer.duration), length);
      else node.start(this.startedAt - inside, 0, Math.max(0, length + inside));
      this.nodes.push(node);
    }
    this.playing = true;
    this.changed();
  }

  pause(): void {
    this.from = this.at;
    this.silence();
    this.playing = false;
    this.changed();
  }

  private silence(): void {
    for (const node of this.nodes) node.stop();
    this.nodes = [];
  }

  /** Moves without starting; goes on where it was playing. */
  async seek(to: number): Promise<void> {
    const place = Math.max(0, Math.min(this.seconds, to));
    if (this.playing) await this.play(place, this.until > place ? this.until : Infinity);
    else {
      this.from = place;
      this.changed();
    }
  }

  /** Stops by itself at the end; called on each frame. */
  tick(): void {
    if (!this.playing) return;
    const end = Math.min(this.until, this.seconds);
    if (this.at >= end - 0.005) {
      this.silence();
      this.playing = false;
      this.from = end;
      this.changed();
    }
  }

  /** Only this lane, or all again. */
  solo(role: string): boolean {
    this.alone = this.alone === role ? "" : role;
    this.mix();
    return this.alone === role;
  }

  mute(role: string): boolean {
    if (this.silent.has(role)) this.silent.delete(role);
    else this.silent.add(role);
    this.mix();
    return this.silent.has(role);
  }

  private mix(): void {
    for (const lane of this.lanes) {
      const quiet = this.alone ? lane.source.role !== this.alone : this.silent.has(lane.source.role);
      lane.gain.gain.value = quiet ? 0 : 1;
    }
  }
}

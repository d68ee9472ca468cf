/** The exit page: strips one can play, choices that send themselves, spans marked by hand. */
import { all, one, onClick } from "../kit/dom.ts";
import { type Peaks, scale, svg, wavePath } from "../take/draw.ts";

const WIDTH = 600;
const TALL = 44;
type Span = readonly [number, number];

/** One take's strip: peaks, spans that are out, a click plays from there, a drag marks a span. */
class Strip {
  private readonly sound: HTMLAudioElement;
  private readonly seconds: number;
  private readonly picture: SVGElement;
  private mark: SVGElement | null = null;
  private dragFrom: number | null = null;

  constructor(
    private readonly take: HTMLElement,
    private readonly host: HTMLElement,
  ) {
    this.seconds = Number(host.dataset["seconds"] ?? "0");
    this.sound = new Audio();
    this.sound.preload = "none";
    this.sound.src = host.dataset["media"] ?? "";
    this.picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${TALL}`, preserveAspectRatio: "none", "aria-hidden": "true" });
    host.replaceChildren(this.picture);
    void this.draw();
    this.listen();
  }

  private async draw(): Promise<void> {
    const url = this.host.dataset["peaks"];
    let peaks: Peaks = { per_second: 20, full: 1, peaks: [] };
    if (url) {
      const answer = await fetch(url, { credentials: "same-origin" });
      if (answer.ok) peaks = (await answer.json()) as Peaks;
    }
    this.picture.append(svg("path", { d: wavePath(peaks, 0, this.seconds, WIDTH, TALL), class: "w" }));
    const x = scale(0, this.seconds, WIDTH);
    for (const [from, to] of JSON.parse(this.host.dataset["outs"] ?? "[]") as Span[]) {
      this.picture.append(svg("rect", { x: x(from), y: 1, width: Math.max(2, x(to) - x(from)), height: TALL - 2, class: "out" }));
    }
    const head = svg("path", { d: `M0 0V${TALL}`, class: "headline" });
    this.picture.append(head);
    const frame = (): void => {
      if (!this.host.isConnected) return;
      head.setAttribute("transform", `translate(${x(this.sound.currentTime).toFixed(1)} 0)`);
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    this.host.dataset["drawn"] = "yes";
  }

  private at(event: PointerEvent): number {
    const box = this.picture.getBoundingClientRect();
    return Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)) * this.seconds;
  }

  private listen(): void {
    this.picture.addEventListener("pointerdown", (event) => {
      this.dragFrom = this.at(event);
      this.picture.setPointerCapture(event.pointerId);
    });
    this.picture.addEventListener("pointermove", (event) => {
      if (this.dragFrom === null) return;
      const to = this.at(event);
      if (Math.abs(to - this.dragFrom) > 0.3) this.select(Math.min(this.dragFrom, to), Math.max(this.dragFrom, to));
    });
    this.picture.addEventListener("pointerup", (event) => {
      const from = this.dragFrom;
      this.dragFrom = null;
      if (from !== null && Math.abs(this.at(event) - from) <= 0.3) {
        this.sound.currentTime = from;
        void this.sound.play();
      }
    });
    this.sound.addEventListener("play", () => this.showState());
    this.sound.addEventListener("pause", () => this.showState());
  }

  private showState(): void {
    for (const button of all<HTMLElement>('[data-act="play"]', this.take)) {
      button.setAttribute("aria-pressed", String(!this.sound.paused));
    }
  }

  /** Draws a span and writes it into the form that sends it. */
  select(from: number, to: number): void {
    const x = scale(0, this.seconds, WIDTH);
    this.mark?.remove();
    this.mark = svg("rect", { x: x(from), y: 1, width: Math.max(2, x(to) - x(from)), height: TALL - 2, class: "out" });
    this.picture.append(this.mark);
    const form = one<HTMLFormElement>("[data-span-form]", this.take);
    if (!form) return;
    form.hidden = false;
    form.closest("details")?.setAttribute("open", "");
    for (const [name, value] of [["start", from], ["end", to]] as const) {
      const field = one<HTMLInputElement>(`input[name="${name}"]`, form);
      if (field) field.value = value.toFixed(1);
    }
  }

  toggle(): void {
    if (this.sound.paused) void this.sound.play();
    else this.sound.pause();
  }

  /** Goes on where the strip that was drawn anew had come to, and silences that one. */
  takeOver(old: Strip): void {
    const playing = !old.sound.paused;
    old.sound.pause();
    if (old.sound.currentTime === 0) return;
    this.sound.currentTime = old.sound.currentTime;
    if (playing) void this.sound.play();
  }

  markHere(): void {
    const at = this.sound.currentTime;
    this.select(Math.max(0, at - 5), Math.min(this.seconds, at + 5));
  }
}

const strips = new Map<HTMLElement, Strip>();
/** Every take that has no strip yet gets one; a card that a choice drew anew takes over the old one's place. */
function bind(): void {
  const gone = new Map<string, Strip>();
  for (const [take, strip] of strips) {
    if (take.isConnected) continue;
    gone.set(take.dataset["take"] ?? "", strip);
    strips.delete(take);
  }
  for (const take of all<HTMLElement>("[data-take]")) {
    const host = one<HTMLElement>("[data-strip]", take);
    if (!host || strips.has(take)) continue;
    const strip = new Strip(take, host);
    const old = gone.get(take.dataset["take"] ?? "");
    if (old) strip.takeOver(old);
    strips.set(take, strip);
  }
}
bind();
document.addEventListener("htmx:after:swap", bind);
const stripOf = (element: HTMLElement): Strip | undefined => {
  const take = element.closest<HTMLElement>("[data-take]");
  return take ? strips.get(take) : undefined;
};
onClick('[data-act="play"]', (element) => stripOf(element)?.toggle());
onClick('[data-act="private"]', (element) => stripOf(element)?.markHere());
document.addEventListener("change", (event) => {
  const field = event.target instanceof Element ? event.target.closest<HTMLInputElement>("[data-autosubmit]") : null;
  field?.form?.requestSubmit();
});

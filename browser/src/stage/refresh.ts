/** Takes what the server would draw now into the page, without losing the call. */
import { showLocalTimes } from "../app/times.ts";
import { all } from "../kit/dom.ts";
import type { LogMessage } from "../room/messages.ts";

/** Lines that the page shows from their message alone, so an old one too. */
const SPOKEN: readonly string[] = ["say", "line"];
/** What changes the table between two scenes. */
const REDRAWS: readonly string[] = [
  "cards", "scene_chosen", "ready", "state", "stay", "reveal", "quick_check",
];

/**
 * Tells the page's fragments that something was said. What the room said before the page was drawn
 * is drawn already: asking for it again for each old message would keep a small server busy.
 */
export function announce(message: LogMessage, heard: number): void {
  if (message.id <= heard && !SPOKEN.includes(message.kind)) return;
  document.body.dispatchEvent(new CustomEvent(`room:${message.kind}`, { detail: message, bubbles: true }));
}

/** Whether the table looks different after a message that came after the page was drawn. */
export function redraws(message: LogMessage, heard: number): boolean {
  return message.id > heard && REDRAWS.includes(message.kind);
}

/**
 * The parts of the page that the server draws from the session: the table and the prompt.
 *
 * One drawing at a time, and one more after it where something happened meanwhile: so what is drawn
 * last was asked for last, however long the server took for the one before.
 */
export class Redraw {
  #running: Promise<void> | null = null;
  #again = false;

  constructor(private readonly drawn: () => void) {}

  /** Resolves when everything that happened until now is drawn. */
  now(): Promise<void> {
    if (this.#running) {
      this.#again = true;
      return this.#running;
    }
    this.#running = this.#draw().finally(() => (this.#running = null));
    return this.#running;
  }

  async #draw(): Promise<void> {
    do {
      this.#again = false;
      const elsewhere = await parts();
      if (elsewhere) return location.assign(elsewhere);
      this.drawn();
    } while (this.#again);
  }
}

/** Resolves to an address to go to instead, where the server sends the performer elsewhere. */
async function parts(): Promise<string | null> {
  for (const part of all<HTMLElement>("[data-part]")) {
    const answer = await fetch(part.dataset["part"] ?? "", {
      credentials: "same-origin",
      cache: "no-store",
      headers: { "X-Room-Refresh": "1" },
    }).catch(() => null);
    // Without a line there is nothing newer to draw; it is asked for again when the room speaks.
    if (!answer) return null;
    const elsewhere = answer.headers.get("HX-Redirect");
    if (elsewhere) return elsewhere;
    // A closed room is a page of its own, with its reasons: that page is shown whole.
    if (answer.redirected || !answer.ok) return location.href;
    draw(part, await answer.text());
  }
  showLocalTimes();
  return null;
}

/** What the performer was writing stays, and so does the place they were at. */
function draw(part: HTMLElement, html: string): void {
  const at = document.activeElement instanceof HTMLElement && part.contains(document.activeElement)
    ? document.activeElement.id : "";
  const written = all<HTMLInputElement>("input[type=text][id], input:not([type])[id]", part)
    .map((field) => [field.id, field.value] as const);
  part.innerHTML = html;
  for (const [id, value] of written) {
    const field = part.querySelector<HTMLInputElement>(`#${CSS.escape(id)}`);
    if (field) field.value = value;
  }
  if (at) part.querySelector<HTMLElement>(`#${CSS.escape(at)}`)?.focus();
  // What came in by hand is as alive as what was there: its forms are htmx's too.
  (window as { htmx?: { process(element: Element): void } }).htmx?.process(part);
}

/** Takes what the server would draw now into the page, without losing the call. */
import { showLocalTimes } from "../app/times.ts";
import type { LogMessage } from "../room/messages.ts";

/** Parts of the stage the server draws from the session: the panel of cards, and the prompt. */
const PARTS = ['section[data-when~="warm_up"]', "section.prompt"];

function htmx(): { process(element: Element): void } | undefined {
  return (window as { htmx?: { process(element: Element): void } }).htmx;
}

/** Lines that the page shows from their message alone, so an old one too. */
const SPOKEN: readonly string[] = ["say", "line"];

/**
 * Tells the page's fragments that something was said. What the room said before the page was drawn
 * is drawn already: asking for it again for each old message would keep a small server busy.
 */
export function announce(message: LogMessage, heard: number): void {
  if (message.id <= heard && !SPOKEN.includes(message.kind)) return;
  document.body.dispatchEvent(new CustomEvent(`room:${message.kind}`, { detail: message, bubbles: true }));
}

/** Resolves to an address to go to instead, where the server sends the performer elsewhere. */
export async function refreshParts(): Promise<string | null> {
  const answer = await fetch(location.href, {
    credentials: "same-origin",
    cache: "no-store",
    headers: { "X-Room-Refresh": "1" },
  });
  if (answer.redirected) return answer.url;
  // A closed room is a page of its own, with its reasons: that page is shown whole.
  if (!answer.ok) return location.href;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!fresh.getElementById("boot")) return location.href;
  for (const part of PARTS) {
    const now = document.querySelector<HTMLElement>(part);
    const next = fresh.querySelector<HTMLElement>(part);
    if (next) next.hidden = true;
    if (now && next) now.replaceWith(document.adoptNode(next));
    else if (now) now.remove();
    else if (next) document.querySelector("[data-cue]")?.before(document.adoptNode(next));
    // What came in by hand is as alive as what was there: its forms and fragments are htmx's too.
    if (next) htmx()?.process(next);
  }
  showLocalTimes();
  return null;
}

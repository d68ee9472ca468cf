/** Takes what the server would draw now into the page, without losing the call. */
import { showLocalTimes } from "../app/times.ts";

/** Parts of the stage the server draws from the session: the panel of cards, and the prompt. */
const PARTS = ['section[data-when~="warm_up"]', "section.prompt"];

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
  }
  showLocalTimes();
  return null;
}

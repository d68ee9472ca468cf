/** One calm button where the browser plays no sound before a click, wherever the page is just then. */
import { text } from "../kit/boot.ts";
import { all, one } from "../kit/dom.ts";

/** Whether the partner is heard; kept on the body, because tables are drawn anew again and again. */
export function heardOf(sound: "on" | "blocked"): void {
  document.body.dataset["sound"] = sound;
  offerTap();
}

/** Shows the button while nothing is heard and no other one of the page offers the same. */
export function offerTap(): void {
  const others = all<HTMLElement>('[data-act="enter"]:not([data-tap])');
  const wanted = document.body.dataset["sound"] === "blocked" && !others.some((other) => other.offsetParent !== null);
  const tap = one<HTMLElement>("[data-tap]");
  if (!wanted) return tap?.remove();
  if (tap) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn go tap";
  button.dataset["act"] = "enter";
  button.dataset["tap"] = "";
  button.textContent = text("stage.tap");
  (one(".frame") ?? one("main") ?? document.body).append(button);
}

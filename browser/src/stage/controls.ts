/** Buttons and keys of the stage. Every button has a key, and every key a button. */
import { onClick } from "../kit/dom.ts";
import { onKeys, pressesItself } from "../kit/keys.ts";
import type { Answer } from "./offers.ts";
import { reporting } from "./report.ts";
import type { View } from "./view.ts";

/** Escape twice within this time is Leave now. */
const TWICE_MS = 1500;

/** What a performer can do here; the buttons need no more of the stage than this. */
export interface Acts {
  ready(scene: string): void;
  choose(card: Readonly<Record<string, unknown>>): void;
  andScene(): void;
  notYet(): void;
  deal(): void;
  answer(answer: Answer): boolean;
  showOffer(): void;
  pause(why: "pause" | "someone_in"): void;
  goOn(): void;
  leave(): void;
  say(kind: string, body?: Readonly<Record<string, unknown>>): void;
}

export function controls(stage: Acts, view: View): void {
  const report = reporting(() => stage.leave(), () => view.notice("stage.report_unsent"));
  const acts: Readonly<Record<string, (element: HTMLElement | null) => void>> = {
    enter: () => view.playSound(),
    ready: (element) => stage.ready(element?.dataset["scene"] ?? ""),
    choose: (element) => {
      const { act: _act, key: _key, ...card } = element?.dataset ?? {};
      stage.choose(card);
    },
    "and-scene": () => stage.andScene(),
    "not-yet": () => stage.notYet(),
    deal: () => stage.deal(),
    picture: () => view.togglePicture(),
    took: () => void stage.answer("took"),
    bent: () => void stage.answer("bent"),
    "let-go": () => void stage.answer("let_go"),
    pause: () => stage.pause("pause"),
    "someone-in": () => stage.pause("someone_in"),
    "go-on": () => stage.goOn(),
    leave: () => stage.leave(),
    "notes-done": () => stage.say("notes_done"),
    report: () => report.open(),
  };
  const keys: Readonly<Record<string, string>> = {
    enter: "and-scene", n: "not-yet", d: "deal", v: "picture",
    "1": "took", "2": "bent", "3": "let-go", p: "pause", g: "go-on", r: "report",
  };
  onClick("[data-act]", (element) => {
    acts[element.dataset["act"] ?? ""]?.(element);
    // Enter is And scene again, not the button that was clicked last.
    if (view.now === "playing" && element.dataset["act"] !== "report") element.blur();
  });
  onClick("[data-cue-dot]", () => stage.showOffer());
  let escaped = Number.NEGATIVE_INFINITY;
  onKeys((key, event) => {
    if (key.key === "escape" && report.close()) return true;
    if (key.key === "escape") {
      const now = performance.now();
      if (now - escaped < TWICE_MS) stage.leave();
      else view.notice("stage.escape_again");
      escaped = now;
      return true;
    }
    if (key.key === "enter" && pressesItself(event)) return false;
    const act = keys[key.key];
    if (!act) return false;
    acts[act]?.(null);
    return true;
  });
}

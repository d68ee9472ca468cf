/** The bench: the moment plays once by itself, every answer is a key. */
import { all, one, say } from "../kit/dom.ts";
import { onKeys, pressesItself } from "../kit/keys.ts";
import { FeelingForm } from "../kit/feelings.ts";
import { text } from "../kit/boot.ts";
import { findTimeline } from "../take/timeline.ts";

const form = one<HTMLFormElement>("form[data-bench]");
const timeline = findTimeline();
const shown = performance.now();

if (form) {
  const feelings = new FeelingForm(form);
  const fill = (name: string, value: string): void => {
    const field = one<HTMLInputElement>(`input[name="${name}"]`, form);
    if (field) field.value = value;
  };
  form.addEventListener("submit", () => {
    fill("seconds", ((performance.now() - shown) / 1000).toFixed(1));
    fill("plays", String(Math.max(1, timeline?.plays ?? 1)));
  });
  onKeys((key, event) => {
    if (feelings.press(key)) return true;
    if (["1", "2", "3"].includes(key.key)) {
      if (!feelings.first) say("data-bench-status", text("bench.first_a_feeling"));
      else one<HTMLButtonElement>(`button[name="intensity"][data-key="${key.key}"]`, form)?.click();
      return true;
    }
    if (key.key === "enter" && feelings.first === "neutral") {
      one<HTMLButtonElement>('button[name="intensity"].none', form)?.click();
      return true;
    }
    const button = all<HTMLButtonElement>("button[data-key]", form).find(
      (each) => each.dataset["key"]?.toLowerCase() === key.key,
    );
    if (button && !button.disabled) {
      button.click();
      return true;
    }
    if (key.key === " " && !pressesItself(event)) void timeline?.toggleSound();
    else if (key.key === " " && event.target instanceof HTMLInputElement) void timeline?.toggleSound();
    else return false;
    return true;
  });
}

if (timeline) {
  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-act]") : null;
    const act = target?.dataset["act"];
    const role = target?.dataset["role"] ?? "";
    if (act === "play") void timeline.toggleSound();
    if (act === "solo") target?.setAttribute("aria-pressed", String(timeline.player.solo(role)));
    if (act === "mute") target?.setAttribute("aria-pressed", String(timeline.player.mute(role)));
  });
  // Plays once where the browser allows sound without a click; Space always works.
  void timeline.toggleSound().catch(() => say("data-bench-status", text("bench.press_again")));
}

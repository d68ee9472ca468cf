/** Keyboard maps: one place that decides which key belongs to the page and which to a field. */
import { typing } from "./dom.ts";

export interface Key {
  /** `event.key` in lower case; `?` and digits as they are. */
  readonly key: string;
  readonly shift: boolean;
}

/** The key of an event, or null where it belongs to the browser, a field or a held key. */
export function keyOf(event: KeyboardEvent): Key | null {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return null;
  if (event.repeat || event.isComposing || typing(event)) return null;
  // Shift changes digits into signs on most layouts; the physical digit is what was meant.
  const digit = /^Digit([0-9])$/.exec(event.code)?.[1];
  const key = event.shiftKey && digit && event.key !== "?" ? digit : event.key;
  return { key: key.toLowerCase(), shift: event.shiftKey };
}

/** Calls back for every key that is the page's; the callback says whether it used it. */
export function onKeys(act: (key: Key, event: KeyboardEvent) => boolean): () => void {
  const listener = (event: KeyboardEvent): void => {
    const key = keyOf(event);
    if (key && act(key, event)) event.preventDefault();
  };
  document.addEventListener("keydown", listener);
  return () => document.removeEventListener("keydown", listener);
}

/** True where Enter or Space would already press the focused element. */
export function pressesItself(event: KeyboardEvent): boolean {
  return event.target instanceof Element && event.target.closest("button, a[href], summary, label, input") !== null;
}

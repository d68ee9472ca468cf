/** Finding and changing elements: every page's script goes through data attributes. */
import { clientMs } from "./clock.ts";

export function one<T extends Element>(selector: string, within: ParentNode = document): T | null {
  return within.querySelector<T>(selector);
}

export function all<T extends Element>(selector: string, within: ParentNode = document): T[] {
  return [...within.querySelectorAll<T>(selector)];
}

/** Sets the text of every element that carries the attribute; elements keep what already stands. */
export function say(attribute: string, text: string, within: ParentNode = document): void {
  for (const element of all<HTMLElement>(`[${attribute}]`, within)) {
    if (element.textContent !== text) element.textContent = text;
  }
}

/** Shows or hides every element that matches. */
export function show(selector: string, visible: boolean, within: ParentNode = document): void {
  for (const element of all<HTMLElement>(selector, within)) element.hidden = !visible;
}

/** Calls back on a click on anything that matches, also on elements that are added later. */
export function onClick(selector: string, act: (element: HTMLElement, event: Event) => void): void {
  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target.closest<HTMLElement>(selector) : null;
    if (!target) return;
    event.preventDefault();
    act(target, event);
  });
}

/** When something was painted. */
export interface Painted {
  /** A hidden page paints nothing. */
  readonly hidden: boolean;
  /** Client clock, milliseconds: the beginning of the frame after the one that shows it. */
  readonly at: number;
}

/** Resolves after the next frame has been painted; on a hidden page after 250 ms. */
export function painted(): Promise<Painted> {
  return new Promise((resolve) => {
    if (document.visibilityState === "hidden") {
      setTimeout(() => resolve({ hidden: true, at: clientMs() }), 250);
    } else {
      // The screen's own time of that frame: a busy page runs this later than the picture came.
      const next = (frame: number): void => resolve({ hidden: false, at: performance.timeOrigin + frame });
      requestAnimationFrame(() => requestAnimationFrame(next));
    }
  });
}

/** True while the person types into a field, so that keys are theirs. */
export function typing(event: KeyboardEvent): boolean {
  const target = event.target;
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement) return true;
  if (target instanceof HTMLSelectElement) return true;
  return (
    target instanceof HTMLInputElement && !["radio", "checkbox", "button", "submit", "range"].includes(target.type)
  );
}

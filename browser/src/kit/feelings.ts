/** The grid of feelings on bench and notes: a key picks the first, Shift and the key a second. */
import { all, one } from "./dom.ts";
import { type Key } from "./keys.ts";

/** One form with radios `primary` (data-key) and a hidden `secondary`. */
export class FeelingForm {
  constructor(readonly form: HTMLFormElement) {
    for (const label of all<HTMLLabelElement>(".keys label, .grid5 label", form)) {
      let timer = 0;
      label.addEventListener("pointerdown", (event) => {
        if (event.pointerType !== "mouse") timer = window.setTimeout(() => this.second(label), 500);
      });
      for (const end of ["pointerup", "pointercancel", "pointerleave"]) {
        label.addEventListener(end, () => clearTimeout(timer));
      }
      label.addEventListener("click", (event) => {
        if (event.shiftKey) {
          event.preventDefault();
          this.second(label);
        }
      });
    }
  }

  get first(): string {
    return one<HTMLInputElement>('input[name="primary"]:checked', this.form)?.value ?? "";
  }

  private get field(): HTMLInputElement | null {
    return one<HTMLInputElement>('input[name="secondary"]', this.form);
  }

  /** Marks or clears the second feeling. */
  second(label: HTMLLabelElement): void {
    const input = one<HTMLInputElement>("input", label);
    const field = this.field;
    if (!input || !field || input.value === this.first) return;
    field.value = field.value === input.value ? "" : input.value;
    for (const other of all<HTMLElement>("label", this.form)) {
      const value = one<HTMLInputElement>('input[name="primary"]', other)?.value;
      other.classList.toggle("also", Boolean(field.value) && value === field.value);
      other.classList.toggle("second", Boolean(field.value) && value === field.value);
    }
  }

  /** A key of the grid; true where it was one. */
  press(key: Key): boolean {
    const input = one<HTMLInputElement>(`input[name="primary"][data-key="${CSS.escape(key.key)}"]`, this.form);
    if (!input) return false;
    const label = input.closest("label");
    if (key.shift && label && key.key !== "?") this.second(label);
    else {
      input.checked = true;
      input.focus();
      input.dispatchEvent(new Event("change", { bubbles: true }));
    }
    return true;
  }
}

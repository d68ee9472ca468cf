/** A form that asks for a time zone offers the browser's own, until the person has chosen another. */
import { all } from "../kit/dom.ts";

/** Selects the reader's zone in every `select[data-own-zone]` that still stands at UTC. */
export function offerOwnZone(zone: string, within: ParentNode = document): void {
  for (const field of all<HTMLSelectElement>("select[data-own-zone]", within)) {
    const known = [...field.options].some((option) => option.value === zone);
    if (known && field.value === "UTC") field.value = zone;
  }
}

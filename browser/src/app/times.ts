/** Times are stored in UTC and shown in the reader's own zone, which is named on hover. */
import { all } from "../kit/dom.ts";

type Style = "full" | "date" | "time" | "day" | "short";

const formats: Readonly<Record<Style, Intl.DateTimeFormatOptions>> = {
  full: { weekday: "long", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
  short: { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
  date: { day: "numeric", month: "short", year: "numeric" },
  day: { weekday: "long", day: "numeric", month: "short" },
  time: { hour: "2-digit", minute: "2-digit" },
};

/** One instant in words; `zone` is an IANA name, the reader's own where empty. */
export function localTime(instant: Date, style: string, language: string, zone = ""): string {
  const chosen = formats[style as Style] ?? formats.full;
  const options = zone ? { ...chosen, timeZone: zone } : chosen;
  return new Intl.DateTimeFormat(language, options).format(instant);
}

/** Rewrites every `<time datetime data-local>` below `within`; data-local may name a style. */
export function showLocalTimes(within: ParentNode = document): void {
  const language = document.documentElement.lang || navigator.language;
  for (const element of all<HTMLTimeElement>("time[datetime][data-local]", within)) {
    const instant = new Date(element.dateTime);
    if (Number.isNaN(instant.getTime())) continue;
    const zone = element.dataset["zone"] ?? "";
    element.textContent = localTime(instant, element.dataset["local"] ?? "", language, zone);
    element.title = zone || Intl.DateTimeFormat().resolvedOptions().timeZone;
  }
}

/** Writing a card: line numbers with what is wrong at them, from a problem to its line, Ctrl+S. */
import { all, onClick, one } from "../kit/dom.ts";

const sheet = one<HTMLTextAreaElement>("[data-sheet]");
const gutter = one<HTMLElement>("[data-gutter]");
const form = one<HTMLFormElement>("[data-card]");

/** The sheet is as long as its text, so that line numbers and text scroll as one page. */
function rule(): void {
  if (!sheet || !gutter) return;
  const count = sheet.value.split("\n").length;
  sheet.rows = Math.max(20, count + 1);
  if (gutter.childElementCount === count) return;
  gutter.replaceChildren(
    ...Array.from({ length: count }, (_, at) => {
      const number = document.createElement("span");
      number.textContent = String(at + 1);
      return number;
    }),
  );
}

/** Marks the lines that the server's answer names. */
function mark(): void {
  rule();
  if (!gutter) return;
  for (const number of all(".bad, .mind", gutter)) number.className = "";
  for (const named of all<HTMLElement>("[data-line]")) {
    const number = gutter.children[Number(named.dataset["line"]) - 1];
    if (number && number.className !== "bad") number.className = "notice" in named.dataset ? "mind" : "bad";
  }
}

function goTo(line: number): void {
  if (!sheet) return;
  const lines = sheet.value.split("\n");
  const from = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
  sheet.focus({ preventScroll: true });
  sheet.setSelectionRange(from, from + (lines[line - 1]?.length ?? 0));
  gutter?.children[line - 1]?.scrollIntoView({ block: "center" });
}

if (sheet && form) {
  const first = sheet.defaultValue;
  let leaving = !("unsaved" in form.dataset);
  sheet.addEventListener("input", () => {
    rule();
    leaving = sheet.value === first && !("unsaved" in form.dataset);
  });
  form.addEventListener("submit", () => (leaving = true));
  window.addEventListener("beforeunload", (event) => {
    if (!leaving) event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "s") return;
    event.preventDefault();
    form.requestSubmit(one<HTMLButtonElement>("[data-save]", form));
  });
  document.addEventListener("htmx:after:swap", mark);
  onClick("[data-line]", (named) => goTo(Number(named.dataset["line"])));
  mark();
}

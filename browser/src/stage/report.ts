/**
 * Something was not right: a panel over a scene that goes on. Opening it sends nothing and stops
 * nothing, so its key cannot be pressed by accident, and the partner's page sees none of it.
 */
import { csrfToken } from "../kit/boot.ts";
import { one, onClick } from "../kit/dom.ts";

/** Sends what the panel says; resolves to the server's sentence, "" where nobody answered. */
async function send(form: HTMLFormElement, body: FormData): Promise<{ ok: boolean; html: string }> {
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      headers: { "X-CSRFToken": csrfToken(), "X-Report": "1" },
      body,
      credentials: "same-origin",
      keepalive: true,
    });
    return { ok: answer.ok, html: await answer.text() };
  } catch {
    return { ok: false, html: "" };
  }
}

export interface Reporting {
  open(): void;
  /** Closes an open panel; false where none was open. */
  close(): boolean;
}

/** leave: Leave now, at once; a report that ends the scene is sent beside it. */
export function reporting(leave: () => void, unsent: () => void): Reporting {
  const panel = one<HTMLElement>("[data-report-panel]");
  const form = panel ? one<HTMLFormElement>("[data-report-form]", panel) : null;
  const said = panel ? one<HTMLElement>("[data-report-answer]", panel) : null;
  let opened = 0;
  const close = (): boolean => {
    if (!panel || panel.hidden) return false;
    panel.hidden = true;
    return true;
  };
  const open = (): void => {
    if (!panel || !form || !said) return;
    opened = performance.now();
    form.hidden = false;
    said.replaceChildren();
    panel.hidden = false;
    one<HTMLElement>("h1", panel)?.focus();
  };
  onClick("[data-report-close]", () => void close());
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    const ago = one<HTMLInputElement>("input[name=ago]", form);
    if (ago) ago.value = ((performance.now() - opened) / 1000).toFixed(1);
    const ends = event.submitter instanceof HTMLButtonElement && event.submitter.name === "leave";
    const sent = send(form, new FormData(form));
    if (ends) leave();
    void sent.then(({ ok, html }) => {
      if (!ok && !html) return unsent();
      // The server's own fragment, escaped by its template.
      if (said) said.innerHTML = html;
      if (!ok) return;
      form.reset();
      form.hidden = true;
    });
  });
  return { open, close };
}

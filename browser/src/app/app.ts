/** On every page: htmx with our CSRF token and no eval, local times, and the rest of an upload. */
import htmx from "htmx.org";
import { csrfToken, text } from "../kit/boot.ts";
import { say, show } from "../kit/dom.ts";
import { finishLeftovers, letGo } from "../recorder/resume.ts";
import { showLocalTimes } from "./times.ts";
import { offerOwnZone } from "./zone.ts";

// The page's policy forbids inline script and style; htmx is told the nonce for what it re-creates.
htmx.config.includeIndicatorCSS = false;
htmx.config.history = false;
const nonce = document.querySelector<HTMLScriptElement>("script[nonce]")?.nonce;
if (nonce) htmx.config.inlineScriptNonce = nonce;

interface RequestDetail {
  readonly ctx?: { readonly request?: { readonly headers?: Record<string, string>; readonly method?: string } };
}

document.addEventListener("htmx:config:request", (event) => {
  const request = (event as CustomEvent<RequestDetail>).detail.ctx?.request;
  if (request?.headers) request.headers["X-CSRFToken"] = csrfToken();
});
document.addEventListener("htmx:after:swap", () => showLocalTimes());
showLocalTimes();

// The stage finishes what is left by itself, for there the call goes first.
if (!document.querySelector("video[data-partner]")) {
  void finishLeftovers((left, stuck) => {
    show("[data-uploads]", left > 0 || stuck > 0);
    const rest = stuck > 0 ? text("uploads.stuck") : "";
    say("data-uploads", left > 0 ? text("uploads.left", { megabytes: (left / 1e6).toFixed(1) }) : rest);
  }).then(letGo);
}
offerOwnZone(Intl.DateTimeFormat().resolvedOptions().timeZone);

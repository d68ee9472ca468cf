/** What the stage shows: states, sentences, the offer, the two pictures. No decisions here. */
import { text } from "../kit/boot.ts";
import { minutesSeconds } from "../kit/clock.ts";
import { all, one, type Painted, painted, say, show } from "../kit/dom.ts";
import type { Person, Role } from "../room/messages.ts";
import type { Offer } from "./offers.ts";
import type { PageState } from "./settings.ts";
import { heardOf, offerTap } from "./tap.ts";

const FADES_MS = 10_000;

export class View {
  #fade: ReturnType<typeof setTimeout> | null = null;
  #device = "";

  constructor(private readonly me: Role) {}

  state(state: PageState): void {
    document.body.dataset["state"] = state;
    for (const element of all<HTMLElement>("[data-when]")) {
      element.hidden = !(element.dataset["when"] ?? "").split(/\s+/).includes(state);
    }
    offerTap();
  }

  get now(): PageState {
    return document.body.dataset["state"] as PageState;
  }

  /** On only while microphone blocks are being written. */
  lamp(on: boolean): void {
    document.body.dataset["lamp"] = on ? "on" : "off";
    const words = text(on ? "stage.recording" : "stage.not_recording");
    for (const sign of all("[data-lamp-sign]")) sign.setAttribute("aria-label", words);
    say("data-lamp-text", words);
  }

  call(state: "waiting" | "connecting" | "connected" | "lost"): void {
    document.body.dataset["call"] = state;
  }

  played(seconds: number): void {
    say("data-played", minutesSeconds(seconds));
  }

  /** Everyone in the room by name. */
  here(people: readonly Person[]): void {
    const others = people.filter((person) => person.role !== this.me).map((person) => person.alias);
    const names = new Intl.ListFormat(document.documentElement.lang || "en").format([text("stage.you"), ...others]);
    say("data-here", others.length ? text("stage.here", { names }) : text("stage.here_alone"));
  }

  notice(key: string, values: Readonly<Record<string, string | number>> = {}): void {
    say("data-notice", key ? text(key, values) : "");
  }

  /** A sentence of the server's own. */
  noticeWords(words: string): void {
    say("data-notice", words);
  }

  trouble(key: string, values: Readonly<Record<string, string | number>> = {}): void {
    const words = key ? text(key, values) : "";
    say("data-trouble", words);
    document.body.dataset["troubleKey"] = key;
  }

  /** A line about a device of the call; what keeps a take from being recorded goes before it. */
  device(key: string): void {
    const now = document.body.dataset["troubleKey"] ?? "";
    if (now && now !== this.#device) return;
    this.#device = key;
    this.trouble(key);
  }

  troubleWords(code: string, words: string): void {
    say("data-trouble", words);
    document.body.dataset["troubleKey"] = code;
  }

  partner(stream: MediaStream | null): void {
    const video = one<HTMLVideoElement>("video[data-partner]");
    if (!video) return;
    if (video.srcObject !== stream) video.srcObject = stream;
    if (stream) this.playSound();
  }

  /** Plays the partner; where the browser wants a click first, `enter` is offered. */
  playSound(): void {
    one<HTMLVideoElement>("video[data-partner]")?.play().then(
      () => heardOf("on"),
      (error: unknown) => {
        if (!(error instanceof DOMException && error.name === "NotAllowedError")) return;
        heardOf("blocked");
        // Any click or key will do, not only the button that says so.
        for (const kind of ["pointerup", "keyup"]) {
          document.addEventListener(kind, () => this.playSound(), { once: true });
        }
      },
    );
  }

  self(track: MediaStreamTrack | null): void {
    const video = one<HTMLVideoElement>("video[data-self]");
    if (!video) return;
    video.srcObject = track ? new MediaStream([track]) : null;
    if (track) video.play().catch(() => undefined);
    this.picture(true);
  }

  /** Shows the own picture, which goes by itself, or hides it. */
  picture(on: boolean): void {
    const video = one<HTMLVideoElement>("video[data-self]");
    if (!video) return;
    if (this.#fade) clearTimeout(this.#fade);
    video.toggleAttribute("data-faded", !on);
    if (on) this.#fade = setTimeout(() => video.toggleAttribute("data-faded", true), FADES_MS);
  }

  togglePicture(): void {
    this.picture(one("video[data-self]")?.hasAttribute("data-faded") ?? true);
  }

  /** Draws an offer; resolves after it was painted. */
  offer(offer: Offer): Promise<Painted> {
    say("data-cue-text", offer.empty && !offer.action ? text("stage.carry_on") : offer.action);
    say("data-cue-aim", offer.aim);
    show("[data-cue-answers]", true);
    show("[data-cue-dot]", false);
    show("[data-cue]", true);
    return painted();
  }

  foldOffer(): void {
    show("[data-cue]", false);
    show("[data-cue-dot]", true);
  }

  clearOffer(): void {
    show("[data-cue]", false);
    show("[data-cue-dot]", false);
  }

  /** How long a word takes to the partner, in words. */
  delay(key: string | null): void {
    say("data-delay", key === null ? "" : text(key));
  }

  ending(alias: string | null): void {
    say("data-objection-text", alias === null ? "" : text("stage.and_scene_by", { name: alias }));
    show("[data-objection]", alias !== null);
  }

  lastOne(on: boolean): void {
    show("[data-last-one]", on);
  }

  /** Nothing of the call is seen or heard. */
  blank(on: boolean): void {
    document.body.toggleAttribute("data-blank", on);
    for (const video of all<HTMLVideoElement>("video[data-partner], video[data-self]")) {
      video.style.visibility = on ? "hidden" : "";
    }
    const partner = one<HTMLVideoElement>("video[data-partner]");
    if (partner) partner.muted = on;
  }

  sending(bytes: number): void {
    const megabytes = (bytes / 1e6).toFixed(1);
    say("data-sending", bytes > 0 ? text("stage.sending", { megabytes }) : text("stage.all_here"));
  }
}

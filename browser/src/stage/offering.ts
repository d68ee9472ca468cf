/** The offers of one performer between room, screen and recording: heard, shown, answered, told. */
import { clientMs } from "../kit/clock.ts";
import type { Painted } from "../kit/dom.ts";
import { type LogMessage, textOf } from "../room/messages.ts";
import type { RoomSocket } from "../room/socket.ts";
import { type Answer, type Offer, Offers } from "./offers.ts";
import type { StageBoot } from "./settings.ts";
import type { TakeRecording } from "./take.ts";
import type { View } from "./view.ts";

export class Offering {
  readonly #offers: Offers;

  constructor(
    private readonly boot: StageBoot,
    private readonly socket: RoomSocket,
    view: View,
    /** The take that is being recorded, where there is one. */
    private readonly recording: () => TakeRecording | null,
  ) {
    this.#offers = new Offers({
      show: (offer) => view.offer(offer),
      fold: () => view.foldOffer(),
      clear: () => view.clearOffer(),
      displayed: (offer, painted) => this.#displayed(offer, painted),
      answered: (offer, answer, at) => this.#answered(offer.cue, answer, at),
    }, boot.cue_wait);
  }

  /** A cue of the log; one for the partner, or a request that no cue answers yet, is nothing here. */
  hear({ body, at }: LogMessage): void {
    const cue = textOf(body, "cue");
    if (!cue || textOf(body, "to") !== this.boot.role) return;
    const [pulled, empty] = [body["pulled"] === true, body["empty"] === true];
    this.recording()?.event("cue_asked", { cue, at, pulled, empty });
    const offer = { cue, action: textOf(body, "action"), aim: textOf(body, "aim"), empty };
    this.#offers.offer(offer, clientMs());
  }

  level(rmsDb: number, atMs: number): void {
    this.#offers.level(rmsDb, atMs);
  }

  tick(): void {
    this.#offers.tick(clientMs());
  }

  answer(answer: Answer): boolean {
    return this.#offers.answer(answer, clientMs());
  }

  again(): void {
    this.#offers.again(clientMs());
  }

  pause(on: boolean): void {
    this.#offers.pause(on, clientMs());
  }

  clear(): void {
    this.#offers.clear();
  }

  #displayed({ cue, aim }: Offer, { hidden, at: t }: Painted): void {
    const aim_shown = aim !== "" && !hidden;
    this.recording()?.event("cue_displayed", { cue, hidden, aim_shown }, t);
    const displayed_at = this.socket.clock.at(t);
    void this.socket.send("cue_displayed", { cue, client_ms: t, displayed_at, hidden, aim_shown });
  }

  #answered(cue: string, response: Answer, t: number): void {
    this.recording()?.event("cue_response", { cue, response }, t);
    const responded_at = this.socket.clock.at(t);
    void this.socket.send("cue_response", { cue, response, client_ms: t, responded_at });
  }
}

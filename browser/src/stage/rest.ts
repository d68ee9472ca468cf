/**
 * A break: this page asks for no camera and no microphone, records nothing and calls nobody.
 *
 * It is a load of its own, so that whatever the stage had open is gone with the page before. The
 * room says when the break is over; then the stage is loaded anew.
 */
import { post } from "../kit/boot.ts";
import { wait } from "../kit/clock.ts";
import { finishLeftovers, letGo } from "../recorder/resume.ts";
import { type LogMessage, textOf } from "../room/messages.ts";
import { RoomSocket, socketUrl } from "../room/socket.ts";
import type { Acts } from "./controls.ts";
import { announce, Redraw, redraws } from "./refresh.ts";
import type { StageBoot } from "./settings.ts";
import type { View } from "./view.ts";

/** Between two looks whether the server is back, for who is out. */
const ASK_AGAIN_MS = 3000;

/** The room's state in which both are away from their machines. */
export const BREAK = "break";

const nothing = (): void => undefined;

export class Rest implements Acts {
  readonly #socket: RoomSocket;
  readonly #redraw = new Redraw(nothing);
  readonly choose = nothing;
  readonly andScene = nothing;
  readonly notYet = nothing;
  readonly deal = nothing;
  readonly showOffer = nothing;
  readonly pause = nothing;
  readonly goOn = nothing;
  readonly say = nothing;

  constructor(
    private readonly boot: StageBoot,
    private readonly view: View,
  ) {
    this.#socket = new RoomSocket(socketUrl(boot.socket_url), {
      log: (message) => this.#hear(message),
      ping: nothing,
      connected: (up) => view.notice(up ? "" : "room.reconnecting"),
      here: (people) => view.here(people),
      error: (error) => view.noticeWords(error.says),
    });
  }

  async open(): Promise<void> {
    this.#socket.open();
    void this.#socket.send("present", { peer: crypto.randomUUID(), page: BREAK });
    // What was recorded before goes on its way meanwhile.
    letGo(await finishLeftovers(nothing));
  }

  ready(): void {
    void this.#socket.send("ready", {});
  }

  answer(): boolean {
    return false;
  }

  leave(): void {
    this.view.state("left");
    const posted = post(this.boot.leave_url, {}, true);
    void goAway(this.boot.left_url, Promise.resolve(), this.#socket.send("leave", {}), posted);
  }

  #hear(message: LogMessage): void {
    // What came before this page was drawn is history.
    if (message.id <= this.boot.heard) return;
    announce(message, this.boot.heard);
    if (message.kind === "state" && textOf(message.body, "state") !== BREAK) location.reload();
    else if (redraws(message, this.boot.heard)) void this.#redraw.now();
  }
}

/**
 * To the page of who is out: when the files are whole, and the room was told or two seconds went.
 *
 * Where nobody answers, this page stays and says that one is out; it goes on once somebody does.
 */
export async function goAway(url: string, whole: Promise<void>, ...told: Promise<unknown>[]): Promise<void> {
  const [, ...answers] = await Promise.allSettled([whole, ...told.map((one) => Promise.race([one, wait(2000)]))]);
  if (!url) return;
  if (!answers.some((one) => one.status === "fulfilled" && answered(one.value))) await there(url);
  location.assign(url);
}

/** A message the room stored, or an answer of any status; a wait that ended and status 0 are none. */
function answered(value: unknown): boolean {
  return typeof value === "object" && value !== null && (!("status" in value) || value.status !== 0);
}

async function there(url: string): Promise<void> {
  const asks = (): Promise<boolean> => fetch(url, { method: "HEAD" }).then((answer) => answer.ok, () => false);
  while (!(await asks())) await wait(ASK_AGAIN_MS);
}

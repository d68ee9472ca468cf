/**
 * What the director's desk says of a seat: the call, and whether this scene is being recorded.
 *
 * Pure: from what was last known to a key of a sentence each, so that every draw says what is true.
 */
import { type LogMessage, type Role, textOf } from "../room/messages.ts";
import type { PeerState } from "../room/peer.ts";

export interface SeatWords {
  readonly call: `director.call_${PeerState | "waiting"}`;
  readonly files: `director.files_${FilesState}`;
}

type FilesState = "recording" | "stopped" | "trouble";

interface Device {
  readonly state: FilesState;
  readonly take: string;
}

export class Seats {
  readonly #call = new Map<Role, PeerState | "waiting">();
  readonly #device = new Map<Role, Device>();

  heardCall(role: Role, state: PeerState | "waiting"): void {
    this.#call.set(role, state);
  }

  hear(message: LogMessage): void {
    // A page that left or was loaded anew has not said anything yet; one that only calls again has.
    const fresh = message.kind === "present" && textOf(message.body, "page") !== "again";
    if (message.kind === "leave" || fresh) this.#device.delete(message.role);
    if (message.kind !== "device") return;
    const said = textOf(message.body, "state");
    const state = said === "recording" || said === "trouble" ? said : "stopped";
    this.#device.set(message.role, { state, take: textOf(message.body, "take") });
  }

  /** take: the open one, null between scenes, when nothing is recorded whatever was said last. */
  words(role: Role, take: string | null): SeatWords {
    const device = this.#device.get(role);
    // Trouble with a microphone stands until the browser says otherwise, also before a scene.
    const now = device && (device.state === "trouble" || (take !== null && device.take === take));
    return {
      call: `director.call_${this.#call.get(role) ?? "waiting"}`,
      files: `director.files_${now ? device.state : "stopped"}`,
    };
  }
}

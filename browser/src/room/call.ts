/**
 * The call: a connection to the partner, and one to each director who looks on.
 *
 * Every page load has a peer id of its own, told by `present`. Signals name both peers, so what an
 * earlier page left in the log is never taken for now. Recording does not depend on any of this.
 */
import { type Body, type LogMessage, type Role, textOf } from "./messages.ts";
import { Peer, type PeerState } from "./peer.ts";

export interface CallOptions {
  readonly role: "a" | "b" | "director";
  readonly ice_servers: RTCIceServer[];
  readonly ice_policy: RTCIceTransportPolicy;
}

export interface CallHooks {
  send(kind: string, body: Body): void;
  media(role: Role, stream: MediaStream): void;
  state(role: Role, state: PeerState | "waiting"): void;
  /** The other side told again who it is: a reload, or it came back. */
  arrived?(role: Role): void;
}

/** Fifteen seconds each; then this page waits until its line or the other side comes back. */
const MOST_TRIES = 3;

interface Other {
  readonly role: Role;
  readonly id: string;
  readonly peer: Peer;
}

export class Call {
  /** This page's id in the room; new after a call was given up. */
  id: string = crypto.randomUUID();
  #others = new Map<Role, Other>();
  /** Last known peer of each role, while the log is still being replayed. */
  #present = new Map<Role, string>();
  #live = false;
  #tries = 0;
  /** The line to the room is gone: what is said waits. */
  #away = false;
  #tracks: MediaStreamTrack[] = [];

  constructor(
    private readonly options: CallOptions,
    private readonly hooks: CallHooks,
  ) {}

  /** The media this page sends; a director sends none. */
  setTracks(tracks: readonly MediaStreamTrack[]): void {
    const fresh = tracks.filter((track) => !this.#tracks.includes(track));
    this.#tracks = [...tracks];
    for (const track of fresh) {
      for (const other of this.#others.values()) {
        other.peer.replace(track).catch((error: unknown) => console.warn("track", error));
      }
    }
  }

  /** Tells the room that this page is here; the echo marks the end of the replay. */
  announce(page: string): void {
    this.hooks.send("present", { peer: this.id, page });
  }

  /**
   * The line to the room went or came. When it comes back the room is told that this page is still
   * here, for it heard the page go; a call that was given up meanwhile begins anew.
   */
  line(up: boolean): void {
    const back = up && this.#away;
    this.#away = !up;
    if (!back) return;
    const gone = this.#tries > MOST_TRIES;
    this.#tries = 0;
    const desk = this.options.role === "director";
    if (gone || (desk && [...this.#others.values()].some((other) => !other.peer.connected))) this.#again();
    else this.announce("again");
  }

  hear(message: LogMessage): void {
    if (message.kind === "present") this.#hearPresent(message);
    else if (message.kind === "leave") this.#drop(message.role);
    else if (message.kind === "signal") this.#hearSignal(message);
  }

  /** The connection to a role, for its statistics. */
  connection(role: Role): RTCPeerConnection | null {
    return this.#others.get(role)?.peer.connection ?? null;
  }

  close(): void {
    this.#live = false;
    for (const other of this.#others.values()) other.peer.close();
    this.#others.clear();
  }

  #hearPresent(message: LogMessage): void {
    const id = textOf(message.body, "peer");
    if (message.role === this.options.role) {
      if (id !== this.id || this.#live) return;
      this.#live = true;
      for (const [role, peer] of this.#present) this.#meet(role, peer);
      return;
    }
    this.#present.set(message.role, id);
    const gone = this.#tries > MOST_TRIES;
    this.#tries = 0;
    this.hooks.arrived?.(message.role);
    // The same page, and we had given up on it: both begin anew.
    if (this.#live && gone && this.#others.get(message.role)?.id === id) this.#again();
    else if (this.#live) this.#meet(message.role, id);
  }

  #hearSignal(message: LogMessage): void {
    const { body } = message;
    if (!this.#live || textOf(body, "for") !== this.id) return;
    const from = textOf(body, "peer");
    let other = this.#others.get(message.role);
    if (!other || other.id !== from) {
      if (this.#present.get(message.role) !== from) return;
      other = this.#meet(message.role, from) ?? undefined;
    }
    other?.peer.hear(body).catch((error: unknown) => console.warn("signal", error));
  }

  #meet(role: Role, id: string): Other | null {
    const known = this.#others.get(role);
    if (known?.id === id) return known;
    known?.peer.close();
    // Two directors do not meet, and nobody calls the server.
    if (role === "server" || (role === "director" && this.options.role === "director")) return null;
    const mine = this.id;
    const peer = new Peer(
      { iceServers: this.options.ice_servers, iceTransportPolicy: this.options.ice_policy },
      this.#polite(role),
      {
        signal: (body) => this.hooks.send("signal", { to: role, peer: mine, for: id, ...body }),
        state: (state) => this.hooks.state(role, state),
        media: (stream) => this.hooks.media(role, stream),
        dead: () => this.#dead(role, id),
      },
    );
    const other = { role, id, peer };
    this.#others.set(role, other);
    this.hooks.state(role, "connecting");
    // A director sends nothing and waits for the player's offer.
    peer.send(this.#tracks);
    return other;
  }

  #polite(role: Role): boolean {
    return this.options.role === "director" || (this.options.role === "b" && role === "a");
  }

  /** Fifteen seconds without a path. */
  #dead(role: Role, id: string): void {
    const other = this.#others.get(role);
    if (other?.id !== id) return;
    if (role === "director") {
      // Whoever looked on closed the desk. A desk that is still there calls again by itself; the
      // call of the two must not begin anew for it.
      other.peer.close();
      this.#others.delete(role);
      this.#present.delete(role);
      this.hooks.state(role, "waiting");
      return;
    }
    // Without a line nobody can be called; the tries begin when it is back.
    if (!this.#away) this.#tries += 1;
    // A page that is gone without a word is not called for ever; it tells when it comes back.
    if (this.#tries > MOST_TRIES) this.hooks.state(role, "lost");
    else this.#again();
  }

  /** Starts over under a new id, which makes the other side do so too. */
  #again(): void {
    this.id = crypto.randomUUID();
    for (const one of this.#others.values()) one.peer.close();
    this.#others.clear();
    this.#live = false;
    this.announce("again");
  }

  #drop(role: Role): void {
    this.#present.delete(role);
    this.#others.get(role)?.peer.close();
    this.#others.delete(role);
    this.hooks.state(role, "waiting");
  }
}

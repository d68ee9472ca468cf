/**
 * One connection to one other page, by perfect negotiation.
 *
 * The polite side yields when both speak at once. After two and a half seconds without a path the
 * connection is asked to find another; after fifteen it is given up and made anew by its owner.
 */
import type { Body } from "./messages.ts";

export type PeerState = "connecting" | "connected" | "lost";

export interface PeerHooks {
  signal(body: Body): void;
  state(state: PeerState): void;
  media(stream: MediaStream): void;
  /** No path for fifteen seconds, from the start or since it was lost. */
  dead(): void;
}

/** How long the polite side waits for the other's first offer. */
const FIRST_OFFER_MS = 3000;
const RESTART_MS = 2500;
const DEAD_MS = 15_000;
/** How often the connection itself is asked: an event that never comes must not leave a word behind. */
const LOOK_MS = 1000;
/** Opus for speech without loss one would hear; the browser's default is a third of it. */
const AUDIO_BITS = 96_000;

export class Peer {
  readonly connection: RTCPeerConnection;
  #making = false;
  #ignored = false;
  #answering = false;
  #restart: ReturnType<typeof setTimeout> | null = null;
  #death: ReturnType<typeof setTimeout> | null = null;
  #first: ReturnType<typeof setTimeout> | null = null;
  readonly #looks: ReturnType<typeof setInterval>;
  #ice: RTCIceConnectionState = "new";
  #closed = false;
  #unsent: MediaStreamTrack[] = [];
  readonly #heard = new MediaStream();

  constructor(
    config: RTCConfiguration,
    private readonly polite: boolean,
    private readonly hooks: PeerHooks,
  ) {
    const connection = new RTCPeerConnection(config);
    this.connection = connection;
    this.#death = setTimeout(() => hooks.dead(), DEAD_MS);
    connection.onnegotiationneeded = () => void this.#offer();
    connection.onicecandidate = ({ candidate }) => {
      if (!this.#closed) hooks.signal({ candidate: candidate?.toJSON() ?? null });
    };
    connection.oniceconnectionstatechange = connection.onconnectionstatechange = () => this.#look();
    this.#looks = setInterval(() => this.#look(), LOOK_MS);
    connection.ontrack = ({ track }) => {
      if (this.#closed) return;
      for (const old of this.#heard.getTracks()) if (old.kind === track.kind) this.#heard.removeTrack(old);
      this.#heard.addTrack(track);
      hooks.media(this.#heard);
    };
  }

  /**
   * Sends this media, and receives what the other side sends. The polite side lets the other one
   * speak first: two first offers at once are legal, but browsers have been seen to drop both.
   */
  send(tracks: readonly MediaStreamTrack[]): void {
    this.#unsent = [...tracks];
    if (this.polite) this.#first = setTimeout(() => this.#addTracks(), FIRST_OFFER_MS);
    else this.#addTracks();
  }

  #addTracks(): void {
    if (this.#first) clearTimeout(this.#first);
    this.#first = null;
    for (const track of this.#unsent.splice(0)) this.#add(track);
  }

  #add(track: MediaStreamTrack): void {
    // addTrack, not addTransceiver: it joins the lines of an offer that has come meanwhile.
    const sender = this.connection.addTrack(track);
    if (track.kind === "audio") void raiseAudio(sender);
  }

  get connected(): boolean {
    return this.#ice === "connected" || this.#ice === "completed";
  }

  /**
   * Sends this from now on in place of what was sent of its kind. The other side is asked only
   * where nothing of that kind was sent before, as with a camera that was plugged in late.
   */
  async replace(track: MediaStreamTrack): Promise<void> {
    const waits = this.#unsent.findIndex((one) => one.kind === track.kind);
    if (waits >= 0) this.#unsent[waits] = track;
    // The first offer takes it along.
    else if (this.#first !== null) this.#unsent.push(track);
    else {
      const sender = this.connection.getSenders().find((one) => one.track?.kind === track.kind);
      if (sender) await sender.replaceTrack(track);
      else this.#add(track);
    }
  }

  async hear(body: Body): Promise<void> {
    const { connection } = this;
    const description = body["description"] as RTCSessionDescriptionInit | undefined;
    if (description) {
      const ready = !this.#making && (connection.signalingState === "stable" || this.#answering);
      this.#ignored = !this.polite && description.type === "offer" && !ready;
      if (this.#ignored) return;
      this.#answering = description.type === "answer";
      try {
        await connection.setRemoteDescription(description);
      } finally {
        this.#answering = false;
      }
      if (description.type !== "offer") return;
      this.#addTracks();
      await connection.setLocalDescription();
      this.#tellDescription();
    } else if ("candidate" in body) {
      // Asked before waiting: by then the answer may have come, and with it another description.
      const ignored = this.#ignored;
      try {
        await connection.addIceCandidate((body["candidate"] as RTCIceCandidateInit | null) ?? undefined);
      } catch (error) {
        // Candidates of an offer that was ignored belong to nothing.
        if (!ignored) throw error;
      }
    }
  }

  /** Nothing is told from now on, not even what is already on its way. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#looks);
    if (this.#restart) clearTimeout(this.#restart);
    if (this.#death) clearTimeout(this.#death);
    if (this.#first) clearTimeout(this.#first);
    this.connection.close();
  }

  async #offer(): Promise<void> {
    try {
      this.#making = true;
      await this.connection.setLocalDescription();
      this.#tellDescription();
    } finally {
      this.#making = false;
    }
  }

  #tellDescription(): void {
    const description = this.connection.localDescription;
    if (description && !this.#closed) this.hooks.signal({ description: { type: description.type, sdp: description.sdp } });
  }

  /** Tells what the connection is now, once each time it becomes something else. */
  #look(): void {
    // Keys that cannot be agreed on are no path either.
    const failed = this.connection.connectionState === "failed";
    const state = failed ? "failed" : this.connection.iceConnectionState;
    if (this.#closed || state === this.#ice) return;
    this.#ice = state;
    if (state === "connected" || state === "completed") {
      if (this.#restart) clearTimeout(this.#restart);
      if (this.#death) clearTimeout(this.#death);
      this.#restart = this.#death = null;
      this.hooks.state("connected");
    } else if (state === "disconnected" || state === "failed") {
      this.hooks.state("lost");
      this.#restart ??= setTimeout(
        () => {
          this.#restart = null;
          this.connection.restartIce();
        },
        state === "failed" ? 0 : RESTART_MS,
      );
      this.#death ??= setTimeout(() => this.hooks.dead(), DEAD_MS);
    } else if (state === "checking") {
      this.hooks.state("connecting");
    }
  }
}

async function raiseAudio(sender: RTCRtpSender): Promise<void> {
  const parameters = sender.getParameters();
  for (const encoding of parameters.encodings ?? []) encoding.maxBitrate = AUDIO_BITS;
  try {
    await sender.setParameters(parameters);
  } catch {
    // A browser that fixes the rate itself still calls.
  }
}

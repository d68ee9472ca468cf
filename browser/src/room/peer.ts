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
  /** No path for fifteen seconds. */
  dead(): void;
}

const RESTART_MS = 2500;
const DEAD_MS = 15_000;
/** Opus for speech without loss one would hear; the browser's default is a third of it. */
const AUDIO_BITS = 96_000;

export class Peer {
  readonly connection: RTCPeerConnection;
  #making = false;
  #ignored = false;
  #answering = false;
  #restart: ReturnType<typeof setTimeout> | null = null;
  #death: ReturnType<typeof setTimeout> | null = null;
  readonly #heard = new MediaStream();

  constructor(
    config: RTCConfiguration,
    private readonly polite: boolean,
    private readonly hooks: PeerHooks,
  ) {
    const connection = new RTCPeerConnection(config);
    this.connection = connection;
    connection.onnegotiationneeded = () => void this.#offer();
    connection.onicecandidate = ({ candidate }) => hooks.signal({ candidate: candidate?.toJSON() ?? null });
    connection.oniceconnectionstatechange = () => this.#look();
    connection.ontrack = ({ track }) => {
      for (const old of this.#heard.getTracks()) if (old.kind === track.kind) this.#heard.removeTrack(old);
      this.#heard.addTrack(track);
      hooks.media(this.#heard);
    };
  }

  /** Sends this media; the other side may send too unless `only` says send or receive. */
  send(tracks: readonly MediaStreamTrack[], direction: RTCRtpTransceiverDirection = "sendrecv"): void {
    for (const track of tracks) {
      const { sender } = this.connection.addTransceiver(track, { direction });
      if (track.kind === "audio") void raiseAudio(sender);
    }
  }

  /** Sends nothing, receives sound and picture. */
  receiveOnly(): void {
    this.connection.addTransceiver("audio", { direction: "recvonly" });
    this.connection.addTransceiver("video", { direction: "recvonly" });
  }

  /** Replaces what is sent of one kind without asking the other side. */
  async replace(track: MediaStreamTrack): Promise<void> {
    const sender = this.connection.getSenders().find((one) => one.track?.kind === track.kind);
    await sender?.replaceTrack(track);
  }

  async hear(body: Body): Promise<void> {
    const { connection } = this;
    const description = body["description"] as RTCSessionDescriptionInit | undefined;
    if (description) {
      const ready = !this.#making && (connection.signalingState === "stable" || this.#answering);
      this.#ignored = !this.polite && description.type === "offer" && !ready;
      if (this.#ignored) return;
      this.#answering = description.type === "answer";
      await connection.setRemoteDescription(description);
      this.#answering = false;
      if (description.type !== "offer") return;
      await connection.setLocalDescription();
      this.#tellDescription();
    } else if ("candidate" in body) {
      try {
        await connection.addIceCandidate((body["candidate"] as RTCIceCandidateInit | null) ?? undefined);
      } catch (error) {
        // Candidates of an offer that was ignored belong to nothing.
        if (!this.#ignored) throw error;
      }
    }
  }

  close(): void {
    if (this.#restart) clearTimeout(this.#restart);
    if (this.#death) clearTimeout(this.#death);
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
    if (description) this.hooks.signal({ description: { type: description.type, sdp: description.sdp } });
  }

  #look(): void {
    const state = this.connection.iceConnectionState;
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

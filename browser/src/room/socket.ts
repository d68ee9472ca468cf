/**
 * The room socket: sends with nonces, replays what was missed, comes back by itself.
 *
 * Messages are handed on once each, in the order of the log. What could not be sent waits and is
 * sent again after a reconnect; the server knows a repeat by its nonce.
 *
 * A line that is cut for seconds must be back within seconds of its return: an attempt to connect
 * is given up early, the pauses between attempts stay short for the first minute.
 */
import { clientMs } from "../kit/clock.ts";
import type { Body, FromRoom, LogMessage, Person, Pong, RoomError } from "./messages.ts";
import { type Ping, StageClock } from "./stageclock.ts";

export interface SocketHooks {
  log(message: LogMessage): void;
  ping?(ping: Ping): void;
  /** True while the server is reachable. */
  connected?(up: boolean): void;
  here?(people: readonly Person[]): void;
  error?(error: RoomError): void;
}

interface Waiting {
  readonly kind: string;
  readonly body: Body;
  readonly nonce: string;
  readonly stored: (message: LogMessage | null) => void;
}

const BURST = 10;
const BURST_EVERY_MS = 100;
const PING_EVERY_MS = 1000;
/** Without any answer for this long the connection counts as dead. */
const SILENCE_MS = 6000;
/** An attempt to connect may take this long, and so much longer after each that failed. */
const CONNECT_MS = 2500;
const CONNECT_MORE_MS = 500;
const CONNECT_MOST_MS = 10_000;
/** The first pause after a failure; it doubles up to a second, after many failures to five. */
const PAUSE_MS = 250;
const SHORT_PAUSE_MS = 1000;
const LONG_PAUSE_MS = 5000;
const SHORT_PAUSES = 20;
/** What the room had no time for is said again after this long. */
const AGAIN_MS = 2000;

export class RoomSocket {
  readonly clock = new StageClock();
  #socket: WebSocket | null = null;
  #last = 0;
  #waiting = new Map<string, Waiting>();
  #failures = 0;
  #closed = false;
  #burst = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #heardAt = 0;
  #pause: ReturnType<typeof setTimeout> | null = null;
  #attempt: ReturnType<typeof setTimeout> | null = null;
  /** The browser found a network: no reason to wait any longer. */
  readonly #online = (): void => {
    if (this.#pause !== null) this.#open();
  };

  constructor(
    private readonly url: string,
    private readonly hooks: SocketHooks,
    private readonly connect: (url: string) => WebSocket = (url) => new WebSocket(url),
  ) {}

  /** Connect. What was said before is sent then. */
  open(): void {
    if (this.#socket || this.#closed || this.#pause !== null) return;
    globalThis.addEventListener?.("online", this.#online);
    this.#open();
  }

  /** Sends; resolves with the stored message when it comes back in the log, null where refused. */
  send(kind: string, body: Body): Promise<LogMessage | null> {
    return new Promise((stored) => {
      const waiting: Waiting = { kind, body, nonce: crypto.randomUUID(), stored };
      this.#waiting.set(waiting.nonce, waiting);
      this.#post(waiting);
    });
  }

  /** Ten quick pings from now on, as at a take's start. */
  burst(): void {
    this.#burst = BURST;
    this.#schedule(0);
  }

  close(): void {
    this.#closed = true;
    globalThis.removeEventListener?.("online", this.#online);
    for (const timer of [this.#timer, this.#pause, this.#attempt]) if (timer) clearTimeout(timer);
    this.#socket?.close();
  }

  #open(): void {
    if (this.#pause) clearTimeout(this.#pause);
    this.#pause = null;
    const socket = this.connect(this.url);
    this.#socket = socket;
    const longest = Math.min(CONNECT_MOST_MS, CONNECT_MS + CONNECT_MORE_MS * this.#failures);
    this.#attempt = setTimeout(() => this.#drop(socket), longest);
    socket.onopen = () => {
      if (socket !== this.#socket) return;
      if (this.#attempt) clearTimeout(this.#attempt);
      this.#failures = 0;
      this.#heardAt = clientMs();
      socket.send(JSON.stringify({ type: "hello", last: this.#last }));
      this.#postAll();
      this.hooks.connected?.(true);
      this.burst();
    };
    socket.onmessage = (event: MessageEvent<string>) => {
      // What was given up may still speak; the next one replays it.
      if (socket === this.#socket) this.#hear(JSON.parse(event.data) as FromRoom);
    };
    socket.onclose = (event) => this.#down(socket, event.code);
    socket.onerror = () => socket.close();
  }

  #down(socket: WebSocket, code: number): void {
    if (socket !== this.#socket) return;
    this.#socket = null;
    if (this.#timer) clearTimeout(this.#timer);
    if (this.#attempt) clearTimeout(this.#attempt);
    this.hooks.connected?.(false);
    // 4401 and 4403: not our room, or not any more. Asking again would not change that.
    if (this.#closed || code === 4401 || code === 4403) return;
    const most = this.#failures < SHORT_PAUSES ? SHORT_PAUSE_MS : LONG_PAUSE_MS;
    const longest = Math.min(most, PAUSE_MS * 2 ** this.#failures);
    this.#failures += 1;
    this.#pause = setTimeout(() => this.#open(), longest / 2 + (Math.random() * longest) / 2);
  }

  /** Does not wait for the other end to agree: there may be none. */
  #drop(socket: WebSocket): void {
    socket.close();
    this.#down(socket, 0);
  }

  #postAll(): void {
    for (const waiting of this.#waiting.values()) this.#post(waiting);
  }

  #post(waiting: Waiting): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    const { kind, body, nonce } = waiting;
    this.#socket.send(JSON.stringify({ type: "send", kind, body, nonce }));
  }

  #hear(message: FromRoom): void {
    this.#heardAt = clientMs();
    if (message.type === "log") this.#hearLog(message);
    else if (message.type === "pong") this.#hearPong(message);
    else if (message.type === "here") this.hooks.here?.(message.people);
    else if (message.type === "error") this.#hearError(message);
  }

  #hearError(error: RoomError): void {
    const waiting = error.nonce ? this.#waiting.get(error.nonce) : undefined;
    if (waiting) {
      // What the room refuses once it refuses again: it is not sent after a reconnect.
      this.#waiting.delete(waiting.nonce);
      waiting.stored(null);
    }
    // Which messages were too many it does not say; those that it has it knows by their nonce.
    if (error.code === "too_many") setTimeout(() => this.#postAll(), AGAIN_MS);
    this.hooks.error?.(error);
  }

  #hearLog(message: LogMessage): void {
    if (message.id <= this.#last) return;
    this.#last = message.id;
    this.hooks.log(message);
    const waiting = message.nonce ? this.#waiting.get(message.nonce) : undefined;
    if (!waiting) return;
    this.#waiting.delete(waiting.nonce);
    waiting.stored(message);
  }

  #hearPong(pong: Pong): void {
    const ping: Ping = { t0_ms: pong.t0, t1_s: pong.t1, t2_s: pong.t2, t3_ms: clientMs() };
    this.clock.add(ping);
    this.hooks.ping?.(ping);
  }

  #schedule(ms: number): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ping(), ms);
  }

  #ping(): void {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return;
    if (clientMs() - this.#heardAt > SILENCE_MS) {
      this.#drop(socket);
      return;
    }
    socket.send(JSON.stringify({ type: "ping", t0: clientMs() }));
    this.#burst = Math.max(0, this.#burst - 1);
    this.#schedule(this.#burst > 0 ? BURST_EVERY_MS : PING_EVERY_MS);
  }
}

/** A path as the address of a socket on our own host. */
export function socketUrl(path: string): string {
  const url = new URL(path, location.href);
  url.protocol = url.protocol.replace("http", "ws");
  return url.href;
}

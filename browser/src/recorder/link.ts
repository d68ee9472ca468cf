/** A page's end of the recorder worker. */
import { type Answer, post } from "../kit/boot.ts";
import { clientMs } from "../kit/clock.ts";
import type { Grant, Kind } from "./journal.ts";
import type { FromWorker, ToWorker } from "./protocol.ts";

/** The server said no, in words. */
export class Refusal extends Error {
  constructor(
    readonly code: string,
    says: string,
  ) {
    super(says);
    this.name = "Refusal";
  }
}

export interface StreamRequest {
  readonly take: string;
  readonly kind: Kind;
  readonly reason: "start" | "reload" | "device" | "suspect" | "renew";
  readonly stream?: string;
}

/** Asks the server for leave to record. Throws a Refusal with the server's own words. */
export async function askGrant(streamsUrl: string, request: StreamRequest): Promise<Grant> {
  let answer: Answer = { ok: false, status: 0, body: {} };
  for (const ms of [0, 300, 1000, 3000]) {
    await new Promise((resolve) => setTimeout(resolve, ms));
    answer = await post(streamsUrl, request);
    // A refusal is an answer; only silence and a stumbling server are asked again.
    if (answer.ok || (answer.status >= 400 && answer.status < 500)) break;
  }
  const grant = readGrant(answer.body);
  if (answer.ok && grant) return grant;
  const code = typeof answer.body["code"] === "string" ? answer.body["code"] : `server_${answer.status}`;
  throw new Refusal(code, typeof answer.body["says"] === "string" ? answer.body["says"] : code);
}

function readGrant(body: Readonly<Record<string, unknown>>): Grant | null {
  const { stream, recording, token, door_url, max_bytes } = body;
  if (typeof stream !== "string" || typeof token !== "string" || typeof door_url !== "string") return null;
  return {
    stream, token, door_url,
    recording: typeof recording === "string" ? recording : "",
    max_bytes: typeof max_bytes === "number" ? max_bytes : Number.POSITIVE_INFINITY,
  };
}

type Listener = (message: FromWorker) => void;

export class WorkerLink {
  readonly #worker: Worker;
  readonly #listeners = new Set<Listener>();

  constructor() {
    this.#worker = new Worker(new URL("./recorder-worker.js", import.meta.url), {
      type: "module",
      name: "yesand-recorder",
    });
    this.#worker.onmessage = (event: MessageEvent<FromWorker>) => {
      const message = event.data;
      if (message.is === "clock") {
        return this.send({ do: "clock", asked_ms: message.asked_ms, page_ms: clientMs() });
      }
      if (message.is === "renew") void this.#renew(message);
      for (const listener of [...this.#listeners]) listener(message);
    };
    this.#worker.onerror = (event) => {
      const trouble: FromWorker = { is: "trouble", stream: "", code: "worker_broken", says: event.message };
      for (const listener of [...this.#listeners]) listener(trouble);
    };
    addEventListener("online", () => this.send({ do: "wake" }));
  }

  send(message: ToWorker, transfer: Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves with the first message that the choice accepts. */
  next<T extends FromWorker>(choose: (message: FromWorker) => message is T): Promise<T> {
    return new Promise((resolve) => {
      const stop = this.listen((message) => {
        if (!choose(message)) return;
        stop();
        resolve(message);
      });
    });
  }

  close(): void {
    this.#worker.terminate();
  }

  async #renew(message: FromWorker & { is: "renew" }): Promise<void> {
    const { stream, take, kind, reason, streams_url } = message;
    const grant = await askGrant(streams_url, { take, kind, reason, stream }).catch(() => null);
    this.send({ do: "grant", stream, grant });
  }
}

/**
 * One upload at the door, by tus 1.0.0: creation, creation-defer-length, checksum.
 *
 * Every call makes one request and says what came of it; nothing here retries. The door's durable
 * length is the only truth about the offset, so after anything odd the caller asks `offset()`.
 */
import { uploadChecksum } from "./crc32c.ts";

/** Where and as whom a stream is sent. */
export interface Passage {
  /** The stream's id, also the last part of its address. */
  readonly stream: string;
  /** The address uploads are created at, ending in /uploads. */
  readonly door_url: string;
  readonly token: string;
}

export type Outcome =
  /** Done; `offset` is what the door holds, `length` the declared length where it said one. */
  | { readonly is: "ok"; readonly offset: number; readonly length: number | null }
  /** Not now (no connection, busy, out of step): ask for the offset, then go on. */
  | { readonly is: "again"; readonly why: string }
  /** The token does not open the door (any more). */
  | { readonly is: "shut"; readonly why: string }
  /** The door knows no such upload. */
  | { readonly is: "unknown" }
  /** The door closed this upload for good; its bytes must come under a new stream. */
  | { readonly is: "gone" }
  /** Will never work as it is. */
  | { readonly is: "refused"; readonly why: string };

export interface Receipt {
  readonly stream: string;
  readonly length: number;
  readonly hash: string;
  readonly sealed_at: number;
}

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

const ANSWER_WITHIN_MS = 30_000;

export class Door {
  readonly #base: string;
  #token: string;

  constructor(
    readonly passage: Passage,
    private readonly fetching: Fetch = (url, init) => fetch(url, init),
  ) {
    const base = passage.door_url.replace(/\/+$/, "");
    this.#base = base.endsWith("/uploads") ? base : `${base}/uploads`;
    this.#token = passage.token;
  }

  /** A fresh token for the same stream. */
  renew(token: string): void {
    this.#token = token;
  }

  /** Opens the upload, or finds it open already. */
  create(): Promise<Outcome> {
    return this.#ask(this.#base, { method: "POST", headers: this.#headers({ "Upload-Defer-Length": "1" }) }, 0);
  }

  /** How many bytes the door durably holds. */
  offset(): Promise<Outcome> {
    return this.#ask(this.#address(), { method: "HEAD", headers: this.#headers({}) }, null);
  }

  /** Appends bytes at an offset. */
  append(offset: number, bytes: Uint8Array<ArrayBuffer>): Promise<Outcome> {
    const headers = this.#headers({
      "Content-Type": "application/offset+octet-stream",
      "Upload-Offset": String(offset),
      "Upload-Checksum": uploadChecksum(bytes),
    });
    return this.#ask(this.#address(), { method: "PATCH", headers, body: bytes }, offset + bytes.length);
  }

  /** Declares the length and the hash of the whole: nothing follows. */
  declare(length: number, hash: string | null): Promise<Outcome> {
    const empty = new Uint8Array(0);
    const headers = this.#headers({
      "Content-Type": "application/offset+octet-stream",
      "Upload-Offset": String(length),
      "Upload-Length": String(length),
      "Upload-Checksum": uploadChecksum(empty),
      ...(hash === null ? {} : { "Upload-Stream-Hash": hash }),
    });
    return this.#ask(this.#address(), { method: "PATCH", headers, body: empty }, length);
  }

  /** The sealed receipt, or null while there is none. */
  async receipt(): Promise<Receipt | null> {
    try {
      const response = await this.fetching(`${this.#address()}/receipt`, {
        method: "GET",
        headers: this.#headers({}),
        cache: "no-store",
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
      return response.ok ? ((await response.json()) as Receipt) : null;
    } catch {
      return null;
    }
  }

  #address(): string {
    return `${this.#base}/${this.passage.stream}`;
  }

  #headers(more: Readonly<Record<string, string>>): Record<string, string> {
    return { "Tus-Resumable": "1.0.0", Authorization: `Bearer ${this.#token}`, ...more };
  }

  /** `implied`: the offset that success means where the answer's headers cannot be read. */
  async #ask(url: string, init: RequestInit, implied: number | null): Promise<Outcome> {
    let response: Response;
    try {
      response = await this.fetching(url, {
        ...init,
        cache: "no-store",
        credentials: "omit",
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
    } catch (error) {
      return { is: "again", why: error instanceof Error ? error.name : "no answer" };
    }
    const { status } = response;
    if (status >= 200 && status < 300) {
      const offset = number(response.headers.get("Upload-Offset")) ?? implied;
      if (offset === null) return { is: "again", why: "no Upload-Offset" };
      return { is: "ok", offset, length: number(response.headers.get("Upload-Length")) };
    }
    if (status === 401 || status === 403) return { is: "shut", why: `door ${status}` };
    if (status === 404) return { is: "unknown" };
    if (status === 410) return { is: "gone" };
    // 409 wrong offset, 423 locked, 429 too many, 460 checksum, 5xx and 507 full: all pass.
    if ([408, 409, 423, 425, 429, 460].includes(status) || status >= 500) {
      return { is: "again", why: `door ${status}` };
    }
    return { is: "refused", why: `door ${status}` };
  }
}

function number(text: string | null): number | null {
  if (text === null || !/^\d+$/.test(text.trim())) return null;
  return Number(text);
}

/**
 * A stream of this browser: its file, its hash, its journal and its way to the door.
 *
 * The lock of its name is held as long as this object lives, so no other tab touches the file. When
 * the page dies, the browser lets both go and another page can finish what stands.
 */
import { type Grant, type Journal, removeStream, streamLock, streamsFolder, writeJournal } from "../journal.ts";
import type { Pace } from "../pace.ts";
import { PIECE_BYTES, StreamHash } from "../streamhash.ts";
import { Door } from "../tus.ts";
import { type End, type Hooks, type Source, Upload } from "../upload.ts";
import { StreamFile } from "./file.ts";

/** After this long nobody waits for the partner as heard any more. */
const LAST_TRIED_MS = 60 * 60_000;

export interface Watching {
  progress(stream: LocalStream): void;
  /** Asks the page for a fresh grant; null when there is none. */
  renew(stream: LocalStream, reason: "renew" | "suspect"): Promise<Grant | null>;
}

export class LocalStream implements Source {
  #finished = false;
  #writing: Promise<void> = Promise.resolve();
  #upload: Upload | null = null;
  #over: Promise<void> | null = null;
  #ended = false;
  #closed = false;

  private constructor(
    readonly journal: Journal,
    private readonly folder: FileSystemDirectoryHandle,
    private readonly file: StreamFile,
    private readonly hashing: StreamHash,
    private readonly release: () => void,
    private readonly pace: Pace,
    private readonly watching: Watching,
    private readonly fresh: boolean,
  ) {}

  /** A new stream: journal first, so that no bytes are ever without one. */
  static async create(journal: Journal, pace: Pace, watching: Watching): Promise<LocalStream> {
    const release = await hold(journal.stream, false);
    if (!release) throw new Error("the stream is open elsewhere");
    try {
      const folder = await streamsFolder();
      await writeJournal(folder, journal);
      const file = await StreamFile.open(folder, journal.stream);
      return new LocalStream(journal, folder, file, new StreamHash(), release, pace, watching, true);
    } catch (error) {
      release();
      throw error;
    }
  }

  /** What an earlier page left, as it stands: finished at its present length. Null: in use elsewhere. */
  static async reopen(journal: Journal, pace: Pace, watching: Watching): Promise<LocalStream | null> {
    const release = await hold(journal.stream, true);
    if (!release) return null;
    try {
      const folder = await streamsFolder();
      const file = await StreamFile.open(folder, journal.stream);
      const hashing = new StreamHash();
      for (let at = 0; at < file.size; at += PIECE_BYTES) {
        hashing.update(file.read(at, Math.min(PIECE_BYTES, file.size - at)));
        await hashing.settled();
      }
      const stream = new LocalStream(journal, folder, file, hashing, release, pace, watching, false);
      await stream.finish();
      return stream;
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Appends at once; throws what the storage throws. */
  append(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#finished) throw new Error("the stream is finished");
    this.file.append(bytes);
    this.hashing.update(bytes);
  }

  flush(): void {
    this.file.flush();
  }

  get last(): boolean {
    return this.journal.kind === "heard";
  }

  get written(): number {
    return this.file.size;
  }

  get sent(): number {
    return this.#upload?.offset ?? 0;
  }

  durable(): number {
    return this.file.flushed;
  }

  finished(): boolean {
    return this.#finished;
  }

  read(at: number, length: number): Uint8Array<ArrayBuffer> {
    return this.file.read(at, length);
  }

  hash(): Promise<string> {
    return this.hashing.hex();
  }

  /** Nothing more will be written. */
  async finish(): Promise<void> {
    if (this.#finished) return;
    this.file.flush();
    this.#finished = true;
    if (this.journal.state === "recording") await this.#note("finished");
    if (this.#ended) await this.#close();
    this.#upload?.wake();
  }

  /** Sends until sealed, refused or stopped; then the file is closed and the lock let go. */
  send(): Promise<void> {
    this.#over ??= this.#send();
    return this.#over;
  }

  wake(): void {
    this.#upload?.wake();
  }

  async #send(): Promise<void> {
    const hooks: Hooks = {
      sent: () => this.watching.progress(this),
      declared: () => void this.#note("declared"),
      renew: async (reason) => {
        const grant = await this.watching.renew(this, reason);
        if (!grant) return null;
        this.journal.grant = grant;
        await this.#note(this.journal.state);
        return this.#door();
      },
    };
    const upload = new Upload(this, this.#door(), this.pace, hooks, this.fresh);
    this.#upload = upload;
    let end: End;
    try {
      end = await upload.run();
    } catch (error) {
      end = { is: "refused", why: error instanceof Error ? error.message : "broken" };
    }
    await this.#end(end);
  }

  async #end(end: End): Promise<void> {
    if (end.is === "sealed") await this.#note("sealed");
    // The take went on without it: there is nothing that a human could mend.
    else if (end.is === "refused" && this.last) await (this.#isPast(end.why) ? this.#forget() : Promise.resolve());
    // A shut door may open on a later visit; what differs from its receipt never will.
    else if (end.is === "refused" && isFinal(end.why)) await this.#note("refused", end.why);
    else if (end.is === "refused") await this.#note(this.journal.state, end.why);
    this.#ended = true;
    // A stream that is still being written goes on to be written; only its sending is over.
    if (this.#finished) await this.#close();
  }

  #isPast(why: string): boolean {
    return this.#finished && (isFinal(why) || Date.now() - this.journal.opened_ms > LAST_TRIED_MS);
  }

  async #forget(): Promise<void> {
    this.journal.keep_until_ms = 0;
    await this.#note("sealed");
  }

  async #close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#writing;
    this.file.close();
    if (this.journal.state === "sealed" && Date.now() >= this.journal.keep_until_ms) {
      await removeStream(this.folder, this.journal.stream);
    }
    this.release();
  }

  #door(): Door {
    return new Door(this.journal.grant);
  }

  /**
   * Journals are written one after the other: the last state told is the last one kept. Where there
   * is no room for one, the older one stands; whoever finds it begins a step earlier, no byte lost.
   */
  #note(state: Journal["state"], why = ""): Promise<void> {
    this.journal.state = state;
    this.journal.why = why;
    const copy = { ...this.journal };
    this.#writing = this.#writing.then(() => writeJournal(this.folder, copy)).catch(() => undefined);
    this.watching.progress(this);
    return this.#writing;
  }
}

function isFinal(why: string): boolean {
  return why === "receipt_wrong" || why === "shorter_here" || why === "door 413";
}

/** Takes the stream's lock; resolves to what lets it go, or null where `ifFree` finds it taken. */
function hold(stream: string, ifFree: boolean): Promise<(() => void) | null> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(streamLock(stream), { ifAvailable: ifFree }, (lock) => {
        if (!lock) return resolve(null);
        return new Promise<void>((release) => resolve(release));
      })
      .catch(reject);
  });
}

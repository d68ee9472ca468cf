/** What this browser remembers about a stream, beside its bytes; read by pages and the worker. */

/** `heard`: the partner as they sounded here. It is beside the take; no take waits or fails for it. */
export type Kind = "mic" | "cam" | "events" | "heard";

/** The server's leave to record and send one stream. */
export interface Grant {
  readonly stream: string;
  readonly recording: string;
  readonly token: string;
  readonly door_url: string;
  readonly max_bytes: number;
}

export type State =
  /** Being written, or the page that wrote it is gone. */
  | "recording"
  /** Complete here; not yet all at the door. */
  | "finished"
  /** The door has every byte and the length; no receipt yet. */
  | "declared"
  /** The receipt equals what is here. */
  | "sealed"
  /** Nothing more can be done from here; a human must look. */
  | "refused";

export interface Journal {
  /** Names the local file; also the id inside its blocks. */
  readonly stream: string;
  readonly take: string;
  readonly kind: Kind;
  /** Where it is sent: the same id, or another one where the door asked for it again. */
  grant: Grant;
  /** Where a fresh grant is asked for. */
  readonly streams_url: string;
  state: State;
  why: string;
  readonly opened_ms: number;
  /** Not removed before this, sealed or not: the notes play it. */
  keep_until_ms: number;
}

export const FOLDER = "yesand";
/** Held by whoever writes or sends one stream's file. */
export const streamLock = (stream: string): string => `yesand-stream:${stream}`;
/** Held by the one tab that finishes what earlier pages left. */
export const UPLOADS_LOCK = "yesand-uploads";

/** The folder of streams in this browser's private storage. Throws where storage is refused. */
export async function streamsFolder(): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  return root.getDirectoryHandle(FOLDER, { create: true });
}

/** About twenty seconds of sound and picture: with less a further part would only break off again. */
const ROOM_BYTES = 4_000_000;

/** Whether this browser would keep more for us: tried, because what it estimates is no promise. */
export async function hasRoom(): Promise<boolean> {
  const name = "room";
  try {
    const folder = await streamsFolder();
    try {
      const writable = await (await folder.getFileHandle(name, { create: true })).createWritable();
      await writable.write(new Uint8Array(ROOM_BYTES));
      await writable.close();
      return true;
    } finally {
      await folder.removeEntry(name);
    }
  } catch {
    return false;
  }
}

/** Every stream that has a journal; `unreadable` are journals that stand there and cannot be read. */
export async function readJournals(
  folder: FileSystemDirectoryHandle,
): Promise<{ journals: Journal[]; unreadable: number }> {
  const journals: Journal[] = [];
  let unreadable = 0;
  for await (const name of folder.keys()) {
    if (!name.endsWith(".json")) continue;
    const journal = await readJournal(folder, name.slice(0, -5));
    if (journal === "unreadable") unreadable += 1;
    else if (journal) journals.push(journal);
  }
  return { journals: journals.sort((left, right) => left.opened_ms - right.opened_ms), unreadable };
}

/** While another tab replaces a journal it cannot be read for a moment. */
const READ_WAITS_MS = [0, 10, 30, 100, 300];

/** Null: removed meanwhile. */
async function readJournal(
  folder: FileSystemDirectoryHandle,
  stream: string,
): Promise<Journal | "unreadable" | null> {
  let gone = false;
  for (const ms of READ_WAITS_MS) {
    await new Promise((resolve) => setTimeout(resolve, ms));
    try {
      const file = await (await folder.getFileHandle(`${stream}.json`)).getFile();
      const parsed = JSON.parse(await file.text()) as Journal;
      if (parsed.stream === stream && parsed.grant) return parsed;
      gone = false;
    } catch (error) {
      gone = error instanceof DOMException && error.name === "NotFoundError";
    }
  }
  return gone ? null : "unreadable";
}

/** Replaces the journal as one step: a crash leaves the old or the new one. */
export async function writeJournal(folder: FileSystemDirectoryHandle, journal: Journal): Promise<void> {
  const handle = await folder.getFileHandle(`${journal.stream}.json`, { create: true });
  const writable = await handle.createWritable();
  await writable.write(JSON.stringify(journal));
  await writable.close();
}

/** Removes a stream's bytes, then its journal. */
export async function removeStream(folder: FileSystemDirectoryHandle, stream: string): Promise<void> {
  for (const name of [`${stream}.bin`, `${stream}.json`]) {
    try {
      await folder.removeEntry(name);
    } catch (error) {
      if (!(error instanceof DOMException && error.name === "NotFoundError")) throw error;
    }
  }
}

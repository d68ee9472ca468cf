/** On every page: finishes what earlier pages of this browser left unsent. */
import { FOLDER, readJournals } from "./journal.ts";
import { WorkerLink } from "./link.ts";
import type { FromWorker } from "./protocol.ts";

export interface Leftovers {
  /** Bytes this browser still has to send, by what is known now. */
  left(): number;
  setRate(bytesPerSecond: number | null): void;
  /** The notes of a take are done: its local copy may go. */
  doneWith(take: string): void;
}

/**
 * Starts a worker only where there is something to send. Null where there is nothing.
 * `stuck`: how many streams the server will not take; a human must look at those.
 */
export async function finishLeftovers(changed: (left: number, stuck: number) => void): Promise<Leftovers | null> {
  if (!(await anythingLeft())) return null;
  const link = new WorkerLink();
  const streams = new Map<string, FromWorker & { is: "progress" }>();
  const left = (): number => {
    let bytes = 0;
    for (const one of streams.values()) {
      if (["recording", "finished"].includes(one.state) && one.why === "") bytes += Math.max(1, one.written - one.sent);
    }
    return bytes;
  };
  const stuck = (): number => [...streams.values()].filter((one) => one.why !== "").length;
  link.listen((message) => {
    if (message.is === "progress") streams.set(message.stream, message);
    if (message.is === "progress" || message.is === "idle") changed(left(), stuck());
    if (message.is === "idle") link.close();
  });
  link.send({ do: "leftovers" });
  return {
    left,
    setRate: (bytes_per_second) => link.send({ do: "rate", bytes_per_second }),
    doneWith: (take) => link.send({ do: "done-with", take }),
  };
}

/** The local copies of takes whose notes are done, as the page says (`<body data-notes-done>`), may go. */
export function letGo(leftovers: Leftovers | null): void {
  const done = document.body.dataset["notesDone"] ?? "";
  for (const take of done.split(" ").filter(Boolean)) leftovers?.doneWith(take);
}

async function anythingLeft(): Promise<boolean> {
  try {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle(FOLDER);
    const { journals } = await readJournals(folder);
    return journals.some((journal) => journal.state !== "refused");
  } catch {
    // No storage, or never recorded here: nothing to finish.
    return false;
  }
}

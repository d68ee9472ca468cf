/**
 * Finishes what earlier pages of this browser left: reloads, crashes, closed tabs.
 *
 * One tab at a time does it. It stays at it while there is something left, also what another tab is
 * still recording, for that tab may die before this one.
 */
import { type Journal, readJournals, removeStream, streamsFolder, UPLOADS_LOCK } from "../journal.ts";
import type { Pace } from "../pace.ts";
import { LocalStream, type Watching } from "./stream.ts";

const LOOK_AGAIN_MS = 3000;

/** Resolves when nothing is left that could be sent from this browser. */
export function finishLeftovers(pace: Pace, watching: Watching): Promise<void> {
  return navigator.locks.request(UPLOADS_LOCK, async () => {
    const given = new Map<string, Promise<void>>();
    while (await finishOnce(pace, watching, given)) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
    await Promise.all(given.values());
  });
}

/** One round over all journals; true while it is worth looking again. */
async function finishOnce(pace: Pace, watching: Watching, given: Map<string, Promise<void>>): Promise<boolean> {
  const folder = await streamsFolder();
  const { journals, unreadable } = await readJournals(folder);
  let left = unreadable > 0;
  for (const journal of journals) {
    if (journal.state === "sealed") {
      left = (await forgetWhenDue(folder, journal)) || left;
      continue;
    }
    // Each is tried once a visit; what the door shuts out now may pass on the next one.
    if (journal.state === "refused" || given.has(journal.stream)) continue;
    left = true;
    const stream = await LocalStream.reopen(journal, pace, watching);
    if (!stream) continue;
    given.set(journal.stream, stream.send());
  }
  return left;
}

/** True while the notes may still want to play it. */
async function forgetWhenDue(folder: FileSystemDirectoryHandle, journal: Journal): Promise<boolean> {
  if (Date.now() < journal.keep_until_ms) return true;
  await removeStream(folder, journal.stream);
  return false;
}

/** The notes of a take are done: sealed copies go now, the others as soon as they are sealed. */
export async function doneWith(take: string, own: Iterable<LocalStream>): Promise<void> {
  for (const stream of own) if (stream.journal.take === take) stream.journal.keep_until_ms = 0;
  const folder = await streamsFolder();
  for (const journal of (await readJournals(folder)).journals) {
    if (journal.take === take && journal.state === "sealed") await removeStream(folder, journal.stream);
  }
}

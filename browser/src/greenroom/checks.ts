/** What can be known before anything is recorded: this browser, its storage, the clock's way. */
import { wait } from "../kit/clock.ts";
import { cameraType } from "../recorder/camera.ts";
import { streamsFolder } from "../recorder/journal.ts";
import { bestIntake } from "../recorder/source.ts";
import { RoomSocket, socketUrl } from "../room/socket.ts";

export interface Found {
  readonly problems: string[];
  readonly warnings: string[];
  readonly numbers: Record<string, unknown>;
}

/** Can this browser record at all? */
export function browserCheck(): Found {
  const problems: string[] = [];
  if (!isSecureContext || !navigator.mediaDevices) problems.push("insecure");
  else if (isPhone()) problems.push("phone");
  else if (!bestIntake() || !cameraType()) problems.push("no_recorder");
  return { problems, warnings: [], numbers: { intake: bestIntake(), camera: cameraType() } };
}

interface Hints {
  userAgentData?: { mobile?: boolean };
}

function isPhone(): boolean {
  const said = (navigator as Navigator & Hints).userAgentData?.mobile;
  return said ?? /Android.*Mobile|iPhone|iPod/.test(navigator.userAgent);
}

/** Is there private storage, and enough of it? */
export async function storageCheck(needed: number): Promise<Found> {
  try {
    await streamsFolder();
  } catch (error) {
    const name = error instanceof Error ? error.name : "";
    return { problems: ["storage_private"], warnings: [], numbers: { error: name } };
  }
  const { quota = 0, usage = 0 } = await navigator.storage.estimate();
  const kept = await navigator.storage.persist().catch(() => false);
  const free = quota - usage;
  return { problems: free < needed ? ["storage_small"] : [], warnings: [], numbers: { free, quota, kept } };
}

const PINGS = 10;
const FAR_MS = 1000;
const SLOW_MS = 300;

/** The way to the server and back, by the room's own socket. */
export async function clockCheck(path: string | undefined): Promise<Found> {
  if (!path) return { problems: [], warnings: [], numbers: { asked: false } };
  let pings = 0;
  const socket = new RoomSocket(socketUrl(path), { log: () => undefined, ping: () => (pings += 1) });
  socket.open();
  for (let waited = 0; pings < PINGS && waited < 5000; waited += 50) await wait(50);
  const { rtt } = socket.clock;
  socket.close();
  const problems = rtt === null || rtt > FAR_MS ? ["clock_far"] : [];
  const warnings = rtt !== null && rtt > SLOW_MS && rtt <= FAR_MS ? ["clock_far"] : [];
  return { problems, warnings, numbers: { rtt_ms: rtt, pings } };
}

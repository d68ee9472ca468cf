/** *And scene*: the moment in which the other may object, and who then closes the take. */
import type { Role } from "../room/messages.ts";
import type { Model } from "./model.ts";
import type { TakeRecording } from "./take.ts";
import type { View } from "./view.ts";

const OBJECT_MS = 3000;
const SENT_WITHIN_MS = 6000;
/** When the one who said "and scene" is gone, the other closes the take. */
const OTHER_CLOSES_MS = 5000;

export interface EndingTo {
  /** Says whose wish it is, null when nobody wishes it any more. */
  show(by: Role | null): void;
  /** Nobody objected. */
  close(take: string): void;
}

export class Ending {
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    private readonly own: Role,
    private readonly to: EndingTo,
  ) {}

  /** The scene's state changed: somebody wishes to end it, or no longer does. */
  follow({ ending, take }: Model): void {
    this.stop();
    if (!ending || !take) return;
    this.to.show(ending.by);
    this.#timer = setTimeout(() => this.to.close(take.id), ending.by === this.own ? OBJECT_MS : OTHER_CLOSES_MS);
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.to.show(null);
  }
}

/** After the lamp went off: waits a moment for the rest to be sent, and says how much it is. */
export async function sendRest(take: TakeRecording, view: View): Promise<void> {
  const look = setInterval(() => view.sending(take.left()), 200);
  await take.allSent(SENT_WITHIN_MS);
  clearInterval(look);
  view.sending(take.left());
}

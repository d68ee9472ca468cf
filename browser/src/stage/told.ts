/** What the room was told of this page's recording. */

type Said = Readonly<Record<string, unknown>>;

export class Told {
  #said: Said = { state: "stopped" };

  constructor(private readonly send: (body: Said) => void) {}

  /** How the recording stands from now on. */
  tell(said: Said): void {
    this.#said = said;
    this.send(said);
  }

  /** The picture left the recording, or came back; the rest stands as it was told. */
  camera(camera: "lost" | "back"): void {
    this.send({ ...this.#said, camera });
  }
}

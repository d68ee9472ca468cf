/**
 * The hash of a stream: SHA-256 over the list of SHA-256 of each 1 MiB piece (the last is short).
 *
 * WebCrypto has no incremental digest, so the pieces are digested one by one as they fill up, and
 * kept in order. `yesand.kit.canonical.StreamHash` computes the same.
 */

export const PIECE_BYTES = 1 << 20;

export class StreamHash {
  #piece = new Uint8Array(PIECE_BYTES);
  #filled = 0;
  #digests: Promise<ArrayBuffer>[] = [];
  /** Bytes seen so far. */
  length = 0;

  update(bytes: Uint8Array): void {
    this.length += bytes.length;
    let rest = bytes;
    while (rest.length) {
      const taken = rest.subarray(0, PIECE_BYTES - this.#filled);
      this.#piece.set(taken, this.#filled);
      this.#filled += taken.length;
      rest = rest.subarray(taken.length);
      if (this.#filled === PIECE_BYTES) {
        // digest() copies its input before it returns, so the buffer is free again at once.
        this.#digests.push(crypto.subtle.digest("SHA-256", this.#piece));
        this.#filled = 0;
      }
    }
  }

  /** Resolves when every full piece so far is digested, so that a long file is not held in memory. */
  async settled(): Promise<void> {
    await Promise.all(this.#digests);
  }

  /** Lower-case hexadecimal; more bytes may follow afterwards. */
  async hex(): Promise<string> {
    const digests = [...this.#digests];
    if (this.#filled) {
      digests.push(crypto.subtle.digest("SHA-256", this.#piece.slice(0, this.#filled)));
    }
    const list = new Uint8Array(digests.length * 32);
    for (const [at, digest] of (await Promise.all(digests)).entries()) {
      list.set(new Uint8Array(digest), at * 32);
    }
    const whole = new Uint8Array(await crypto.subtle.digest("SHA-256", list));
    return Array.from(whole, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }
}

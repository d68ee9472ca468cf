/** One stream's bytes in this browser's private storage, through the one exclusive handle. */

/** After sleep or a crash another handle can linger; it is asked for again for this long. */
const HANDLE_WAITS_MS = [0, 50, 100, 200, 400, 800, 1600];

export class StreamFile {
  #size: number;
  #flushed: number;

  private constructor(private readonly handle: FileSystemSyncAccessHandle) {
    this.#size = handle.getSize();
    this.#flushed = this.#size;
  }

  /** Opens or makes `<stream>.bin`. Throws the browser's own error when it stays refused. */
  static async open(folder: FileSystemDirectoryHandle, stream: string): Promise<StreamFile> {
    const entry = await folder.getFileHandle(`${stream}.bin`, { create: true });
    let last: unknown;
    for (const ms of HANDLE_WAITS_MS) {
      await new Promise((resolve) => setTimeout(resolve, ms));
      try {
        return new StreamFile(await entry.createSyncAccessHandle());
      } catch (error) {
        last = error;
      }
    }
    throw last;
  }

  /** Bytes written. */
  get size(): number {
    return this.#size;
  }

  /** Bytes written and flushed. */
  get flushed(): number {
    return this.#flushed;
  }

  /** All of it or nothing: a disk that runs full in the middle leaves no torn piece behind. */
  append(bytes: Uint8Array<ArrayBuffer>): void {
    let done = 0;
    try {
      while (done < bytes.length) {
        const wrote = this.handle.write(bytes.subarray(done), { at: this.#size + done });
        // Chromium's private windows answer a full disk with its error number as if it were a count.
        if (wrote <= 0 || wrote > bytes.length - done) throw new DOMException("the disk takes no more", "QuotaExceededError");
        done += wrote;
      }
    } catch (error) {
      if (done > 0) this.handle.truncate(this.#size);
      throw error;
    }
    this.#size += done;
  }

  flush(): void {
    if (this.#flushed === this.#size) return;
    this.handle.flush();
    this.#flushed = this.#size;
  }

  read(at: number, length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const got = this.handle.read(bytes.subarray(done), { at: at + done });
      if (got <= 0) throw new Error(`the local file is shorter than ${at + length} bytes`);
      done += got;
    }
    return bytes;
  }

  close(): void {
    this.handle.close();
  }
}

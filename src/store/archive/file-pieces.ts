import { closeSync, openSync, readSync } from 'node:fs';

const PIECE = 1024 * 1024;

/** Tells how much of a file is there, waiting until that is more than `size`; no more than `size` at its end. */
export type Beyond = (size: number) => Promise<number>;

/**
 * The bytes of a file in pieces. For worker threads: it reads synchronously.
 *
 * Each piece has memory of its own, for whoever inflates it may still hold the one before; after {@link FilePieces.reuse} all have
 * the same.
 */
export class FilePieces implements AsyncIterable<Uint8Array> {
  readonly #file: string | number;
  readonly #beyond: Beyond | undefined;
  #memory: Buffer | undefined;
  #reuses = false;

  /** @param file a path, or a descriptor that is read from where it stands and stays open */
  constructor(file: string | number, beyond?: Beyond) {
    this.#file = file;
    this.#beyond = beyond;
  }

  /** From now on a piece is valid until the next one is asked for. */
  reuse(): void {
    this.#reuses = true;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    const fd = typeof this.#file === 'number' ? this.#file : openSync(this.#file, 'r');
    try {
      let at = 0;
      let end = this.#beyond === undefined ? Number.POSITIVE_INFINITY : 0;
      for (;;) {
        if (at >= end) end = await this.#beyond!(at);
        if (at >= end) return;
        const buffer = this.#buffer();
        const count = readSync(fd, buffer, 0, Math.min(buffer.length, end - at), null);
        if (count === 0) return;
        at += count;
        yield buffer.subarray(0, count);
      }
    } finally {
      if (typeof this.#file === 'string') closeSync(fd);
    }
  }

  #buffer(): Buffer {
    if (!this.#reuses) return Buffer.allocUnsafeSlow(PIECE);
    this.#memory ??= Buffer.allocUnsafeSlow(PIECE);
    return this.#memory;
  }
}

import { createHash, type Hash } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { writeWhole } from './write-whole.ts';

/** A new file that bytes are added to, and their digest. For worker threads. */
export class SpoolFile {
  readonly #fd: number;
  readonly #hash: Hash = createHash('sha256');
  #size = 0;
  #isOpen = true;

  constructor(path: string) {
    this.#fd = openSync(path, 'wx', 0o600);
  }

  /** Bytes so far. */
  get size(): number {
    return this.#size;
  }

  /** @throws unavailable when the disk is full */
  add(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    writeWhole(this.#fd, bytes);
    this.#size += bytes.length;
  }

  /** Closes it. @returns `sha256:HEX` */
  finish(): string {
    this[Symbol.dispose]();
    return `sha256:${this.#hash.digest('hex')}`;
  }

  [Symbol.dispose](): void {
    if (this.#isOpen) closeSync(this.#fd);
    this.#isOpen = false;
  }
}

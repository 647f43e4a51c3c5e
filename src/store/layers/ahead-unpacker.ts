import { existsSync } from 'node:fs';
import type { FileWorkers } from '../worker/file-workers.ts';
import { GrowthWriter, shareGrowth } from '../worker/growth.ts';
import type { Unpacked } from './layer-store.ts';
import type { WhiteoutForm } from './layer-writer.ts';
import type { UnpackedFile } from './unpack-growing.ts';

export interface AheadUnpackerParts {
  readonly workers: FileWorkers;
  /** How layers are unpacked; 'delete' means not before the ones below them. */
  readonly whiteouts: () => Promise<WhiteoutForm>;
}

/** Threads that unpack beside the one that writes. */
const THREADS = 2;

/**
 * Unpacks the layers of an archive while it still comes: one thread writes and takes digests, others unpack what is there. Dispose of
 * it at the end: what was unpacked and not used goes.
 */
export class AheadUnpacker implements AsyncDisposable {
  /** For the thread that writes. */
  readonly growth = shareGrowth();
  readonly #parts: AheadUnpackerParts;
  readonly #directory: string;
  readonly #works: Promise<UnpackedFile[]>[] = [];
  readonly #found = new Map<string, UnpackedFile>();
  readonly #taken = new Set<string>();

  /** @param directory of the files that are written */
  constructor(parts: AheadUnpackerParts, directory: string) {
    this.#parts = parts;
    this.#directory = directory;
  }

  /** Call when a file begins. */
  begin(): void {
    if (this.#works.length >= THREADS) return;
    const work = this.#unpack();
    work.catch(() => {});
    this.#works.push(work);
  }

  async #unpack(): Promise<UnpackedFile[]> {
    const whiteouts = await this.#parts.whiteouts();
    if (whiteouts === 'delete') return [];
    return await this.#parts.workers.run('unpackGrowing', {
      directory: this.#directory,
      growth: this.growth,
      whiteouts,
    });
  }

  /** Waits for the rest. Call when all files are written. */
  async finish(): Promise<void> {
    for (const unpacked of await Promise.all(this.#works)) {
      for (const each of unpacked) this.#found.set(each.file, each);
    }
  }

  /**
   * What came of a file, for the first who makes a layer of it.
   *
   * @param digest of the file
   * @returns undefined when it was not unpacked, or taken already
   */
  take(file: string, digest: string): Unpacked | undefined {
    const found = this.#found.get(file);
    if (found === undefined || this.#taken.has(file)) return undefined;
    this.#taken.add(file);
    const { archive, target } = found;
    return { target, applied: { ...archive, diffId: archive.diffId ?? digest } };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Readers that still wait would do so for ever when the writer has not ended.
    new GrowthWriter(this.growth).end(true);
    await this.finish().catch(() => {});
    for (const { target } of this.#found.values()) {
      if (existsSync(target)) await this.#parts.workers.run('removeTree', { path: target });
    }
  }
}

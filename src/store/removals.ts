import { existsSync, renameSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ContentStore } from './content/content-store.ts';
import { removeDirectory } from './drivers/remove-directory.ts';
import type { FileWorkers } from './worker/file-workers.ts';

/** How long a process that stays lets answers go first, before each directory that it deletes. */
const PAUSE_MS = 15;

/**
 * Files that nobody uses any more. They are moved aside at once, so that nothing is where it was, and then deleted: at once, or
 * by a process that stays when it has answered. What a killed process has left aside the next garbage collection deletes.
 */
export class Removals {
  readonly #content: ContentStore;
  readonly #workers: FileWorkers;
  readonly #isDeferred: boolean;
  readonly #waiting: string[] = [];
  #work: Promise<void> | undefined;
  readonly #ending = new AbortController();

  /** @param isDeferred for a process that stays */
  constructor(content: ContentStore, workers: FileWorkers, isDeferred: boolean) {
    this.#content = content;
    this.#workers = workers;
    this.#isDeferred = isDeferred;
  }

  /** @returns the new place of a file or directory; undefined when there is none */
  moveAside(path: string): string | undefined {
    if (!existsSync(path)) return undefined;
    const to = this.#content.temporaryPath();
    renameSync(path, to);
    return to;
  }

  /** Deletes what was moved aside; a process that stays does so later. */
  async delete(paths: readonly string[]): Promise<void> {
    if (!this.#isDeferred || this.#ending.signal.aborted) {
      for (const path of paths) await removeDirectory(path, this.#workers);
      return;
    }
    this.#waiting.push(...paths);
    this.#work ??= this.#deleteWaiting();
  }

  /** Deletes what is left, without pauses. */
  async end(): Promise<void> {
    this.#ending.abort();
    await this.#work;
  }

  async #deleteWaiting(): Promise<void> {
    for (let path = this.#waiting.shift(); path !== undefined; path = this.#waiting.shift()) {
      await sleep(PAUSE_MS, undefined, { ref: false, signal: this.#ending.signal }).catch(() => undefined);
      // What cannot be deleted now is there for the next collection, and for fsck.
      await removeDirectory(path, this.#workers).catch(() => undefined);
    }
    this.#work = undefined;
  }
}

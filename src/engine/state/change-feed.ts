import { type FSWatcher, watch } from 'node:fs';
import { basename } from 'node:path';

/** The longest a waiter sleeps without looking: covers a lost notice, for example of a file system without inotify. */
const LOOK_AGAIN_MS = 1000;

/**
 * Wakes waiters when the database changed: at once for changes this process announces, and by watching the write-ahead log
 * for those of other processes. Nothing is watched while nobody waits.
 */
export class ChangeFeed {
  readonly #directory: string;
  readonly #file: string;
  readonly #waiters = new Set<() => void>();
  #watcher: FSWatcher | undefined;

  /** @param database path of the database file */
  constructor(database: string) {
    this.#directory = database.slice(0, database.lastIndexOf('/'));
    this.#file = basename(database);
  }

  /** Something changed here. */
  announce(): void {
    for (const wake of [...this.#waiters]) wake();
  }

  /** Resolves at the next change, when the signal aborts, or after a second. Look at the state again in every case. */
  async next(signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiters.add(resolve);
    this.#watcher ??= this.#watch();
    const timer = setTimeout(resolve, LOOK_AGAIN_MS);
    signal?.addEventListener('abort', () => resolve(), { once: true });
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#waiters.delete(resolve);
      if (this.#waiters.size === 0) this.#unwatch();
    }
  }

  #watch(): FSWatcher {
    const watcher = watch(this.#directory, (_event, file) => {
      if (file === null || file.startsWith(this.#file)) this.announce();
    });
    watcher.on('error', () => watcher.close());
    return watcher;
  }

  #unwatch(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  /** Stops watching and wakes everybody. */
  close(): void {
    this.#unwatch();
    this.announce();
  }
}

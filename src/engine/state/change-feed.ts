import { type FSWatcher, watch } from 'node:fs';
import { basename } from 'node:path';
import { monotonicMs } from '#base/time.ts';

/** The longest a waiter sleeps without looking: covers a lost notice, for example of a file system without inotify. */
const LOOK_AGAIN_MS = 1000;
/** How often a waiter looks while nothing is watched yet. */
const LOOK_SOON_MS = 15;
/**
 * Other processes are listened to only by those who wait longer than this: most waits end by what this process does, and the
 * kernel takes some 15 ms to end a watch (inotify's marks go with a grace period), which a short command would add to its end.
 */
const WATCH_AFTER_MS = 250;

/**
 * Wakes waiters when the database changed: at once for changes this process announces, and by watching the write-ahead log
 * for those of other processes. Nothing is watched until somebody has to wait.
 */
export class ChangeFeed {
  readonly #directory: string;
  readonly #file: string;
  readonly #waiters = new Set<() => void>();
  #watcher: FSWatcher | undefined;
  #closed = false;
  #firstWaitMs: number | undefined;

  /** @param database path of the database file */
  constructor(database: string) {
    this.#directory = database.slice(0, database.lastIndexOf('/'));
    this.#file = basename(database);
  }

  /** Something changed here. */
  announce(): void {
    for (const wake of [...this.#waiters]) wake();
  }

  /** Resolves at the next change, when the signal aborts, or after a while. Look at the state again in every case. */
  async next(signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiters.add(resolve);
    this.#firstWaitMs ??= monotonicMs();
    const timer =
      this.#watcher === undefined
        ? setTimeout(() => this.#lookSoon(resolve), LOOK_SOON_MS)
        : setTimeout(resolve, LOOK_AGAIN_MS);
    signal?.addEventListener('abort', () => resolve(), { once: true });
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#waiters.delete(resolve);
    }
  }

  /** After a while every change is noticed; what happened before is for the waiter to look at. */
  #lookSoon(wake: () => void): void {
    const waitedMs = monotonicMs() - (this.#firstWaitMs ?? 0);
    if (!this.#closed && waitedMs > WATCH_AFTER_MS) this.#watcher ??= this.#watch();
    wake();
  }

  #watch(): FSWatcher {
    // The timers of those who wait keep the process alive, not this.
    const watcher = watch(this.#directory, { persistent: false }, (_event, file) => {
      if (file === null || file.startsWith(this.#file)) this.announce();
    });
    watcher.on('error', () => watcher.close());
    return watcher;
  }

  /** Stops watching and wakes everybody. */
  close(): void {
    this.#closed = true;
    this.#watcher?.close();
    this.#watcher = undefined;
    this.announce();
  }
}

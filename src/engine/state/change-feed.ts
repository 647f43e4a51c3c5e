import { type FSWatcher, watch } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
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

/** How long those who have time sleep on after a change: what happens at once is looked at once. */
const SETTLE_MS = 50;

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
  readonly #othersChanged: () => boolean;
  #isLookDue = false;

  /**
   * @param database path of the database file
   * @param othersChanged tells whether another process changed the database since it was last asked
   */
  constructor(database: string, othersChanged: () => boolean) {
    this.#othersChanged = othersChanged;
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
    const wake = () => resolve();
    signal?.addEventListener('abort', wake, { once: true });
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', wake);
      this.#waiters.delete(resolve);
    }
  }

  /** As {@link next}, for those who have time: however much happens, they look some twenty times a second at most. */
  async nextSettled(signal: AbortSignal): Promise<void> {
    await this.next(signal);
    if (signal.aborted) return;
    await sleep(SETTLE_MS, undefined, { signal, ref: false }).catch(() => undefined);
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
      if (file === null || file.startsWith(this.#file)) this.#lookForOthers();
    });
    watcher.on('error', () => watcher.close());
    return watcher;
  }

  /** What this process wrote it has announced itself; several writes in a row are one. */
  #lookForOthers(): void {
    if (this.#isLookDue) return;
    this.#isLookDue = true;
    setImmediate(() => {
      this.#isLookDue = false;
      if (!this.#closed && this.#othersChanged()) this.announce();
    });
  }

  /** Stops watching and wakes everybody. */
  close(): void {
    this.#closed = true;
    this.#watcher?.close();
    this.#watcher = undefined;
    this.announce();
  }
}

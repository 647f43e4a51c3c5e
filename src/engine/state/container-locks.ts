import { BerthError } from '#base/errors.ts';
import { KeyedMutex } from '#base/keyed-mutex.ts';
import type { ChangeFeed } from './change-feed.ts';
import type { ContainerRow } from './container-row.ts';
import type { ContainerTable } from './container-table.ts';

/** A container in this process's hands. */
export interface HeldContainer extends Disposable {
  /** As it was when the lock was taken. */
  readonly row: ContainerRow;
}

/**
 * One lock per container, over all processes. In this process holders queue in order; between processes the lock is a token
 * in the container's row. The lock is never held while waiting for what a container or a user does.
 */
export class ContainerLocks {
  readonly #mutex = new KeyedMutex();
  readonly #table: ContainerTable;
  readonly #feed: ChangeFeed;
  readonly #token: string;

  constructor(table: ContainerTable, feed: ChangeFeed, token: string) {
    this.#table = table;
    this.#feed = feed;
    this.#token = token;
  }

  /**
   * Waits for the lock of a container.
   *
   * @throws not-found when there is no such container (any more)
   */
  async acquire(id: string): Promise<HeldContainer> {
    const local = await this.#mutex.acquire(id);
    try {
      for (;;) {
        const row = this.#table.tryLock(id, this.#token);
        if (row === undefined) throw new BerthError('not-found', 'container.not-found', `No such container: ${id}`);
        if (row !== 'held') return { row, [Symbol.dispose]: () => this.#release(id, local) };
        await this.#feed.next();
      }
    } catch (error) {
      local[Symbol.dispose]();
      throw error;
    }
  }

  #release(id: string, local: Disposable): void {
    try {
      this.#table.unlock(id, this.#token);
    } finally {
      local[Symbol.dispose]();
      this.#feed.announce();
    }
  }
}

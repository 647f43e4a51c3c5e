/**
 * One queue per key inside this process: holders of the same key follow each other in the order they asked.
 *
 * @example
 * using held = await mutex.acquire('container:abc');
 */
export class KeyedMutex {
  readonly #tails = new Map<string, Promise<void>>();

  /** Resolves when the key is free; dispose the result to let the next one in. */
  async acquire(key: string): Promise<Disposable> {
    const before = this.#tails.get(key);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#tails.set(key, promise);
    if (before !== undefined) await before;
    return {
      [Symbol.dispose]: () => {
        if (this.#tails.get(key) === promise) this.#tails.delete(key);
        resolve();
      },
    };
  }

  /** Number of keys held or waited for. */
  get size(): number {
    return this.#tails.size;
  }
}

/** The samples of several containers at once, each collected on its own. */
import type { Client } from '#client/client.ts';
import type { ContainerStats } from '#spec/docker-api/system.ts';

/** A container of which nothing was heard for this long shows no numbers. */
const SILENCE_MS = 2000;

export interface BoardEntry {
  readonly container: string;
  /** The last sample while it holds. */
  readonly sample: ContainerStats | undefined;
}

interface Collector {
  readonly container: string;
  readonly stop: AbortController;
  sample: ContainerStats | undefined;
  heardAt: number;
  error: unknown;
}

export class StatsBoard {
  readonly #client: Client;
  readonly #stream: boolean;
  readonly #abort: AbortSignal;
  readonly #collectors = new Map<string, Collector>();

  /** @param stream false: one sample each */
  constructor(client: Client, stream: boolean, abort: AbortSignal) {
    this.#client = client;
    this.#stream = stream;
    this.#abort = abort;
  }

  /** Begins to collect. @returns when the first sample is there, or will not come */
  add(container: string): Promise<void> {
    if (this.#collectors.has(container)) return Promise.resolve();
    const stop = new AbortController();
    const collector: Collector = { container, stop, sample: undefined, heardAt: Date.now(), error: undefined };
    this.#collectors.set(container, collector);
    return new Promise((resolve) => {
      // With a stream a container that says nothing must not hold up the others for ever.
      const timer = this.#stream ? setTimeout(resolve, SILENCE_MS) : undefined;
      this.#collect(collector, resolve)
        .catch((error) => {
          if (!stop.signal.aborted && !this.#abort.aborted) collector.error = error;
        })
        .finally(() => {
          clearTimeout(timer);
          resolve();
        });
    });
  }

  async #collect(collector: Collector, heard: () => void): Promise<void> {
    const abort = AbortSignal.any([collector.stop.signal, this.#abort]);
    const samples = await this.#client.containers.stats(collector.container, { stream: this.#stream }, abort);
    for await (const sample of samples) {
      collector.sample = sample;
      collector.heardAt = Date.now();
      heard();
    }
  }

  remove(container: string): void {
    this.#collectors.get(container)?.stop.abort();
    this.#collectors.delete(container);
  }

  /** What went wrong, in the order of the containers. */
  errors(): unknown[] {
    return [...this.#collectors.values()].map((collector) => collector.error).filter((error) => error !== undefined);
  }

  entries(): BoardEntry[] {
    const now = Date.now();
    return [...this.#collectors.values()].map(({ container, sample, heardAt, error }) => {
      const holds = error === undefined && (!this.#stream || now - heardAt <= SILENCE_MS);
      return { container, sample: holds ? sample : undefined };
    });
  }

  stop(): void {
    for (const container of [...this.#collectors.keys()]) this.remove(container);
  }
}

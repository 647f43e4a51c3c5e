import { isBerthError } from '#base/errors.ts';
import { type WatchedExit, watchExit } from '#sys/keeper/attach.ts';
import type { ExitRecord } from '#sys/keeper/exit-record.ts';
import type { Launch } from '#sys/keeper/launch.ts';

/** How long the end of a process may be put off by keepers that are still cleaning up. */
const FINISH_MS = 2000;

/**
 * Sees containers end and has it recorded at once: one connection per container to its keeper, however many wait for it.
 * The keeper leaves its exit command out when the exit was recorded here.
 */
export class ExitWatch {
  readonly #watched = new Map<string, Promise<void>>();
  readonly #runDirectory: (id: string) => string;
  readonly #handle: (id: string, record: ExitRecord | undefined) => Promise<void>;
  readonly #closing: AbortSignal;

  /**
   * @param runDirectory where a container's keeper listens
   * @param handle records an exit; what the plan does after it is done then
   */
  constructor(
    runDirectory: (id: string) => string,
    handle: (id: string, record: ExitRecord | undefined) => Promise<void>,
    closing: AbortSignal,
  ) {
    this.#runDirectory = runDirectory;
    this.#handle = handle;
    this.#closing = closing;
  }

  /** Resolves when the exit of a running container is recorded, or its keeper is gone. */
  ended(id: string): Promise<void> {
    const running = this.#watched.get(id);
    if (running !== undefined) return running;
    return this.#keep(id, () => watchExit(this.#runDirectory(id), { willAcknowledge: true, signal: this.#closing }));
  }

  /** True while this process is told of the container's end as soon as it comes. */
  isWatched(id: string): boolean {
    return this.#watched.has(id);
  }

  /** Watches a container that this process has just started, over the channel that it has to the keeper already. */
  started(id: string, launched: Launch): void {
    const leave = () => launched.leave();
    this.#closing.addEventListener('abort', leave, { once: true });
    this.#keep(id, () => launched.watch())
      .catch(() => undefined)
      .finally(() => this.#closing.removeEventListener('abort', leave));
  }

  /**
   * Waits until the keepers of containers that ended have heard from here: left without an answer each would start a process of
   * its own to record what is recorded already.
   *
   * @param isOver tells whether a container does not run any more
   */
  async finish(isOver: (id: string) => boolean): Promise<void> {
    const due = [...this.#watched].filter(([id]) => isOver(id)).map(([, watch]) => watch.catch(() => undefined));
    if (due.length === 0) return;
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, FINISH_MS);
    await Promise.race([Promise.all(due), late]);
    clearTimeout(timer);
  }

  #keep(id: string, exit: () => Promise<WatchedExit>): Promise<void> {
    const watch = this.#watch(id, exit).finally(() => {
      if (this.#watched.get(id) === watch) this.#watched.delete(id);
    });
    this.#watched.set(id, watch);
    return watch;
  }

  async #watch(id: string, next: () => Promise<WatchedExit>): Promise<void> {
    try {
      const exit = await next();
      await this.#record(id, exit.isComplete ? exit.record : undefined);
      exit.acknowledge();
    } catch (error) {
      // Closing, or the keeper was killed: the row tells.
      const isKeeperGone = isBerthError(error) && (error.code === 'keeper.gone' || error.code === 'keeper.died');
      if (this.#closing.aborted || isKeeperGone) return;
      throw error;
    }
  }

  async #record(id: string, record: ExitRecord | undefined): Promise<void> {
    try {
      await this.#handle(id, record);
    } catch (error) {
      // It removed itself.
      if (!isBerthError(error, 'not-found')) throw error;
    }
  }
}

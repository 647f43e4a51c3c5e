import { isBerthError } from '#base/errors.ts';
import { watchExit } from '#sys/keeper/attach.ts';

/**
 * Sees containers end and has it recorded at once: one connection per container to its keeper, however many wait for it.
 * The keeper leaves its exit command out when the exit was recorded here.
 */
export class ExitWatch {
  readonly #watched = new Map<string, Promise<void>>();
  readonly #runDirectory: (id: string) => string;
  readonly #handle: (id: string) => Promise<void>;
  readonly #closing: AbortSignal;

  /**
   * @param runDirectory where a container's keeper listens
   * @param handle records an exit
   */
  constructor(runDirectory: (id: string) => string, handle: (id: string) => Promise<void>, closing: AbortSignal) {
    this.#runDirectory = runDirectory;
    this.#handle = handle;
    this.#closing = closing;
  }

  /** Resolves when the exit of a running container is recorded, or its keeper is gone. */
  ended(id: string): Promise<void> {
    const running = this.#watched.get(id);
    if (running !== undefined) return running;
    const watch = this.#watch(id).finally(() => this.#watched.delete(id));
    this.#watched.set(id, watch);
    return watch;
  }

  async #watch(id: string): Promise<void> {
    try {
      const exit = await watchExit(this.#runDirectory(id), { willAcknowledge: true, signal: this.#closing });
      await this.#record(id);
      exit.acknowledge();
    } catch (error) {
      // Closing, or the keeper was killed: the row tells.
      if (this.#closing.aborted || isBerthError(error, 'conflict')) return;
      throw error;
    }
  }

  async #record(id: string): Promise<void> {
    try {
      await this.#handle(id);
    } catch (error) {
      // It removed itself.
      if (!isBerthError(error, 'not-found')) throw error;
    }
  }
}

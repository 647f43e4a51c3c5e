import type { Duplex } from 'node:stream';
import type { DeferredDuplex } from '#base/deferred-duplex.ts';

/** What a client wants to be attached to. */
export interface AttachWish {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly detachKeys: Uint8Array;
}

interface Pending {
  readonly wish: AttachWish;
  readonly stream: DeferredDuplex;
}

/** Attaches of this process to containers that do not run yet; a start connects them before the program runs. */
export class PendingAttaches {
  readonly #byId = new Map<string, Pending[]>();

  add(id: string, wish: AttachWish, stream: DeferredDuplex): void {
    const list = this.#byId.get(id) ?? [];
    list.push({ wish, stream });
    this.#byId.set(id, list);
    stream.once('close', () => this.#remove(id, stream));
  }

  /** True while some attach waits for this container. */
  has(id: string): boolean {
    return this.#byId.has(id);
  }

  /** Connects all that wait for a container. */
  async connect(id: string, open: (wish: AttachWish) => Promise<Duplex>): Promise<void> {
    const list = this.#byId.get(id);
    if (list === undefined) return;
    this.#byId.delete(id);
    await Promise.all(list.map(async ({ wish, stream }) => stream.connect(await open(wish))));
  }

  /** The start failed or the container is gone: ends them. */
  abandon(id: string): void {
    const list = this.#byId.get(id) ?? [];
    this.#byId.delete(id);
    for (const { stream } of list) stream.abandon();
  }

  #remove(id: string, stream: DeferredDuplex): void {
    const left = (this.#byId.get(id) ?? []).filter((pending) => pending.stream !== stream);
    if (left.length > 0) this.#byId.set(id, left);
    else this.#byId.delete(id);
  }
}

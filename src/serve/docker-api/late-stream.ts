import type { Duplex } from 'node:stream';
import { DeferredDuplex } from '#base/deferred-duplex.ts';

/**
 * A connection that is opened when it is first read from. What is written before waits.
 *
 * @param open makes the connection behind it
 */
export function lateStream(open: () => Promise<Duplex>): Duplex {
  const stream = new (class extends DeferredDuplex {
    #opened = false;

    override _read(): void {
      if (this.#opened) {
        super._read();
        return;
      }
      this.#opened = true;
      open().then(
        (target) => this.connect(target),
        (error: unknown) => this.destroy(error as Error),
      );
    }
  })();
  return stream;
}

import type { Readable } from 'node:stream';
import { Duplex } from 'node:stream';

/**
 * A connection whose output is preceded by other bytes. Input goes straight through.
 *
 * @param before read to its end first
 */
export function prepend(before: Readable, connection: Duplex): Duplex {
  const both = (async function* () {
    yield* before;
    yield* connection;
  })();
  return new Duplex({
    read() {
      both.next().then(
        (next) => this.push(next.done ? null : next.value),
        (error: unknown) => this.destroy(error as Error),
      );
    },
    write: (chunk: Buffer, encoding, done) => void connection.write(chunk, encoding, done),
    final: (done) => void connection.end(() => done()),
    destroy: (error, done) => {
      before.destroy();
      connection.destroy(error ?? undefined);
      done(error);
    },
  });
}

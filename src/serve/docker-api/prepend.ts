import { Duplex, Readable } from 'node:stream';

/**
 * A connection whose output is preceded by other bytes. Input goes straight through.
 *
 * @param before read to its end first
 */
export function prepend(before: Readable, connection: Duplex): Duplex {
  const both = async function* () {
    yield* before;
    yield* connection;
  };
  return Duplex.from({ readable: Readable.from(both(), { objectMode: false }), writable: connection });
}

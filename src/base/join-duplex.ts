import type { Readable, Writable } from 'node:stream';
import { Duplex } from 'node:stream';

/** One connection of what comes out of `readable` and what goes into `writable`, each with its own end. */
export function joinDuplex(readable: Readable, writable: Writable): Duplex {
  const joined = new Duplex({
    read: () => void readable.resume(),
    write: (chunk: Buffer, encoding, done) => void writable.write(chunk, encoding, done),
    final: (done) => void writable.end(() => done()),
    destroy: (error, done) => {
      readable.destroy();
      writable.destroy();
      done(error);
    },
  });
  readable.on('data', (chunk: Buffer) => {
    if (!joined.push(chunk)) readable.pause();
  });
  readable.once('end', () => joined.push(null));
  for (const part of [readable, writable]) part.once('error', (error) => joined.destroy(error));
  readable.pause();
  return joined;
}

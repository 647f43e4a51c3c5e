import { Duplex } from 'node:stream';

const STDOUT = 1;

/** A terminal's output as frames of standard output, for a client that expects frames. Input goes straight through. */
export function framed(connection: Duplex): Duplex {
  const output = connection[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  return new Duplex({
    read() {
      output.next().then(
        ({ done, value }) => this.push(done ? null : withHeader(value)),
        (error: unknown) => this.destroy(error as Error),
      );
    },
    write: (chunk: Buffer, encoding, done) => void connection.write(chunk, encoding, done),
    final: (done) => void connection.end(() => done()),
    destroy: (error, done) => {
      connection.destroy(error ?? undefined);
      done(error);
    },
  });
}

function withHeader(payload: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt8(STDOUT, 0);
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}

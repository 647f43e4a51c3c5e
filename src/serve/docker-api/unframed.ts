import { Duplex } from 'node:stream';

const HEADER = 8;

/** Takes the headers off frames, whatever chunks they come in. */
export class FrameStripper {
  #header = Buffer.alloc(0);
  #left = 0;

  /** @returns the payloads in `chunk` */
  strip(chunk: Buffer): Buffer[] {
    const payloads: Buffer[] = [];
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#left === 0) {
        const wanted = HEADER - this.#header.length;
        this.#header = Buffer.concat([this.#header, rest.subarray(0, wanted)]);
        rest = rest.subarray(wanted);
        if (this.#header.length < HEADER) break;
        this.#left = this.#header.readUInt32BE(4);
        this.#header = Buffer.alloc(0);
        continue;
      }
      payloads.push(rest.subarray(0, this.#left));
      const taken = Math.min(this.#left, rest.length);
      this.#left -= taken;
      rest = rest.subarray(taken);
    }
    return payloads;
  }
}

/** The same connection with both streams of its multiplexed output in one, without headers. Input goes straight through. */
export function unframed(connection: Duplex): Duplex {
  const stripper = new FrameStripper();
  const payloads = (async function* () {
    for await (const chunk of connection) yield* stripper.strip(chunk as Buffer);
  })();
  return new Duplex({
    read() {
      payloads.next().then(
        (next) => this.push(next.done ? null : next.value),
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

/** Takes apart Docker's multiplexed streams: 8-byte header (stream number, 3 zeros, payload length u32 big-endian), payload. */
import type { Readable, Writable } from 'node:stream';
import { BerthError } from '#base/errors.ts';

const HEADER = 8;
/** 0 is stdin, which engines use for nothing; 3 carries an error of the engine. */
const STDOUT = 1;
const STDERR = 2;
const SYSTEM_ERROR = 3;

/** What one chunk of a multiplexed stream contained: bytes of one stream, in order. */
export interface Demultiplexed {
  readonly stream: 'stdout' | 'stderr';
  readonly data: Buffer;
}

/** Incremental parser: bytes in, runs of one stream's bytes out; neighbouring frames of a stream are joined. */
export class Demultiplexer {
  #header = Buffer.alloc(HEADER);
  #headerFilled = 0;
  #payloadLeft = 0;
  #stream = 0;
  #systemError: Buffer[] = [];

  /** True between two frames. */
  get atBoundary(): boolean {
    return this.#headerFilled === 0 && this.#payloadLeft === 0;
  }

  /**
   * @returns the payloads of `chunk`, as views into new memory or into `chunk`
   * @throws internal for a header that no engine writes, and for an error frame with the engine's message
   */
  push(chunk: Buffer): Demultiplexed[] {
    const runs: Demultiplexed[] = [];
    let at = 0;
    // Payloads are moved together inside `packed`, so that many small frames cost one write, not one each.
    let packed: Buffer | undefined;
    let packedFrom = 0;
    let packedTo = 0;
    let runStream = 0;
    const flush = () => {
      if (packed !== undefined && packedTo > packedFrom)
        runs.push({ stream: runStream === STDERR ? 'stderr' : 'stdout', data: packed.subarray(packedFrom, packedTo) });
      packedFrom = packedTo;
    };
    while (at < chunk.length) {
      if (this.#payloadLeft === 0) {
        at = this.#readHeader(chunk, at);
        if (this.#payloadLeft === 0) continue;
      }
      const length = Math.min(this.#payloadLeft, chunk.length - at);
      if (this.#stream === SYSTEM_ERROR) {
        this.#systemError.push(Buffer.from(chunk.subarray(at, at + length)));
      } else {
        if (this.#stream !== runStream) flush();
        runStream = this.#stream;
        packed ??= Buffer.allocUnsafe(chunk.length - at);
        chunk.copy(packed, packedTo, at, at + length);
        packedTo += length;
      }
      at += length;
      this.#payloadLeft -= length;
      if (this.#payloadLeft === 0 && this.#systemError.length > 0) this.#throwSystemError();
    }
    flush();
    return runs;
  }

  #readHeader(chunk: Buffer, at: number): number {
    let header = chunk;
    let from = at;
    let next = at + HEADER;
    if (this.#headerFilled > 0 || next > chunk.length) {
      const taken = Math.min(HEADER - this.#headerFilled, chunk.length - at);
      chunk.copy(this.#header, this.#headerFilled, at, at + taken);
      this.#headerFilled += taken;
      if (this.#headerFilled < HEADER) return at + taken;
      this.#headerFilled = 0;
      header = this.#header;
      from = 0;
      next = at + taken;
    }
    this.#stream = header[from]!;
    if (this.#stream > SYSTEM_ERROR)
      throw new BerthError('internal', 'client.bad-frame', `Unrecognized input header: ${this.#stream}`);
    if (this.#stream !== SYSTEM_ERROR && this.#stream !== STDERR) this.#stream = STDOUT;
    this.#payloadLeft = header.readUInt32BE(from + 4);
    return next;
  }

  #throwSystemError(): never {
    const message = Buffer.concat(this.#systemError).toString('utf8');
    this.#systemError = [];
    throw new BerthError('internal', 'client.stream-error', `error from daemon in stream: ${message}`);
  }
}

function writeAll(target: Writable, data: Buffer): Promise<void> | undefined {
  if (target.write(data)) return undefined;
  return new Promise((resolve, reject) => {
    const done = (error?: Error) => {
      target.off('drain', done);
      target.off('close', done);
      target.off('error', done);
      if (error === undefined) resolve();
      else reject(error);
    };
    target.once('drain', done);
    target.once('close', done);
    target.once('error', done);
  });
}

/**
 * Copies a multiplexed stream to two writables, with their back-pressure, until it ends. The writables stay open.
 * A target that is absent drops its bytes.
 */
export async function demultiplex(
  source: Readable,
  targets: { readonly stdout?: Writable | undefined; readonly stderr?: Writable | undefined },
): Promise<void> {
  const parser = new Demultiplexer();
  for await (const chunk of source) {
    for (const run of parser.push(chunk as Buffer)) {
      const target = targets[run.stream];
      const blocked = target === undefined ? undefined : writeAll(target, run.data);
      if (blocked !== undefined) await blocked;
    }
  }
  if (!parser.atBoundary)
    throw new BerthError('data-loss', 'client.stream-cut', 'the output stream ended in the middle of a frame');
}

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

/** Neighbouring payloads of one stream: a lone one stays where it is, several are moved together, for one write of all. */
class Run {
  readonly #chunk: Buffer;
  #stream = 0;
  #from = 0;
  #to = 0;
  #packed: Buffer | undefined;

  constructor(chunk: Buffer) {
    this.#chunk = chunk;
  }

  add(stream: number, from: number, to: number, runs: Demultiplexed[]): void {
    if (stream !== this.#stream || this.#to === this.#from) {
      this.flush(runs);
      this.#stream = stream;
      this.#from = from;
      this.#to = to;
      return;
    }
    if (this.#packed === undefined) {
      this.#packed = Buffer.allocUnsafe(this.#chunk.length - this.#from);
      this.#chunk.copy(this.#packed, 0, this.#from, this.#to);
      this.#to -= this.#from;
      this.#from = 0;
    }
    this.#chunk.copy(this.#packed, this.#to, from, to);
    this.#to += to - from;
  }

  flush(runs: Demultiplexed[]): void {
    if (this.#to > this.#from) {
      const data = (this.#packed ?? this.#chunk).subarray(this.#from, this.#to);
      runs.push({ stream: this.#stream === STDERR ? 'stderr' : 'stdout', data });
    }
    this.#packed = undefined;
    this.#from = 0;
    this.#to = 0;
  }
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
   * @returns the payloads of `chunk`: views of it or of new memory
   * @throws internal for a header that no engine writes, and for an error frame with the engine's message
   */
  push(chunk: Buffer): Demultiplexed[] {
    const runs: Demultiplexed[] = [];
    const run = new Run(chunk);
    let at = 0;
    while (at < chunk.length) {
      if (this.#payloadLeft === 0) {
        at = this.#readHeader(chunk, at);
        if (this.#payloadLeft === 0) continue;
      }
      const to = at + Math.min(this.#payloadLeft, chunk.length - at);
      if (this.#stream === SYSTEM_ERROR) this.#systemError.push(Buffer.from(chunk.subarray(at, to)));
      else run.add(this.#stream, at, to, runs);
      this.#payloadLeft -= to - at;
      at = to;
      if (this.#payloadLeft === 0 && this.#systemError.length > 0) this.#throwSystemError();
    }
    run.flush(runs);
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
  // One that broke earlier has told so already and says nothing more.
  if (target.destroyed)
    return Promise.reject(
      target.errored ?? Object.assign(new Error('the output is closed'), { code: 'ERR_STREAM_DESTROYED' }),
    );
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

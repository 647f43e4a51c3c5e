import { createHash, type Hash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import type { MessagePort } from 'node:worker_threads';
import { BerthError, invariant } from '#base/errors.ts';
import { writeWhole } from '../content/write-whole.ts';
import { type AppliedLayer, checkDiffId } from '../layers/apply-layer.ts';
import type { WhiteoutForm } from '../layers/layer-writer.ts';
import { unpackArchive } from '../layers/unpack-archive.ts';
import { receiveBytes } from '../worker/byte-port.ts';

export interface ReceiveBlobJob {
  /** File that the blob goes into, with the beginning of it that came earlier. */
  readonly path: string;
  /** Bytes that the file has. */
  readonly from: number;
  readonly digest: string;
  /** Announced bytes. */
  readonly size: number;
  /** Unpack it meanwhile, as a layer. */
  readonly unpack: { readonly target: string; readonly whiteouts: WhiteoutForm; readonly diffId: string } | undefined;
}

const PIECE = 1024 * 1024;

/**
 * Writes the bytes that come through the port behind those in the file, and unpacks all of them on the way. Runs in a worker.
 *
 * @throws invalid `blob.digest` or `blob.size` when it is not what was announced: then what was unpacked means nothing either
 */
export async function receiveBlob(
  job: ReceiveBlobJob,
  port: MessagePort | undefined,
): Promise<AppliedLayer | undefined> {
  invariant(port !== undefined, 'receiving needs a port');
  const fd = openSync(job.path, 'a+', 0o600);
  try {
    const arriving = new Arrival(job, fd, port);
    if (job.unpack === undefined) {
      await arriving.drain();
      return undefined;
    }
    try {
      const applied = await unpack(arriving, job.unpack, job.digest);
      await arriving.drain();
      return applied;
    } catch (error) {
      // If the bytes are the wrong ones, that is the reason.
      await arriving.drain();
      throw error;
    }
  } finally {
    closeSync(fd);
  }
}

async function unpack(
  arriving: Arrival,
  job: NonNullable<ReceiveBlobJob['unpack']>,
  digest: string,
): Promise<AppliedLayer> {
  const unpacked = await unpackArchive(arriving.view(), job, false);
  const diffId = unpacked.diffId ?? digest;
  checkDiffId(job.diffId, diffId);
  return { ...unpacked, diffId };
}

/** The bytes of a blob as they come: counted, hashed and in the file before anybody sees them. */
class Arrival {
  readonly #job: ReceiveBlobJob;
  readonly #hash: Hash = createHash('sha256');
  readonly #pieces: AsyncGenerator<Uint8Array, void, void>;
  #length = 0;
  #failure: unknown;

  constructor(job: ReceiveBlobJob, fd: number, port: MessagePort) {
    this.#job = job;
    this.#pieces = this.#read(fd, port);
  }

  /** Leaving this early does not end the arrival. */
  async *view(): AsyncGenerator<Uint8Array, void, void> {
    for (let next = await this.#next(); !next.done; next = await this.#next()) yield next.value;
  }

  /** Takes what is still to come, and checks the whole. @throws invalid */
  async drain(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    for (let next = await this.#next(); !next.done; next = await this.#next());
    // Whoever looked at the pieces before may have met it.
    if (this.#failure !== undefined) throw this.#failure;
    const { digest, size } = this.#job;
    if (this.#length !== size) throw wrongSize(digest, size, this.#length);
    const found = `sha256:${this.#hash.digest('hex')}`;
    if (found === digest) return;
    throw new BerthError(
      'invalid',
      'blob.digest',
      `filesystem layer verification failed for digest ${digest}: the data has ${found}`,
    );
  }

  async #next(): Promise<IteratorResult<Uint8Array, void>> {
    try {
      return await this.#pieces.next();
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  async *#read(fd: number, port: MessagePort): AsyncGenerator<Uint8Array, void, void> {
    for (let at = 0; at < this.#job.from; ) {
      const buffer = Buffer.allocUnsafeSlow(Math.min(PIECE, this.#job.from - at));
      const count = readSync(fd, buffer, 0, buffer.length, at);
      invariant(count > 0, 'the file is shorter than it was');
      at += count;
      yield this.#take(buffer.subarray(0, count));
    }
    for await (const piece of receiveBytes(port)) {
      if (this.#length + piece.length > this.#job.size) throw wrongSize(this.#job.digest, this.#job.size, undefined);
      writeWhole(fd, piece);
      yield this.#take(piece);
    }
  }

  #take(piece: Uint8Array): Uint8Array {
    this.#hash.update(piece);
    this.#length += piece.length;
    return piece;
  }
}

function wrongSize(digest: string, size: number, found: number | undefined): BerthError {
  const what = found === undefined ? 'more' : `${found}`;
  return new BerthError('invalid', 'blob.size', `blob ${digest} should have ${size} bytes, the registry sent ${what}`);
}

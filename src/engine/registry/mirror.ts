import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { isBerthError, isErrno } from '#base/errors.ts';
import { algorithmOf } from '#spec/distribution/names.ts';
import type { RegistryManifestRow } from '../state/registry-table.ts';
import type { BlobFacts, Page, PageQuery, Upstream } from './api.ts';
import { putManifest } from './manifests.ts';
import { openFile } from './open-file.ts';
import type { RegistryParts } from './parts.ts';
import { registryFailure } from './registry-errors.ts';
import type { UploadStore } from './uploads.ts';

/** How long a tag may be taken as it was without asking again, milliseconds. */
const FRESH_MS = 30_000;
/** How often a reader looks for more of a blob that is coming, milliseconds. */
const LOOK_MS = 20;
/** How exactly it is known when a manifest was asked for last, milliseconds. */
const TOUCH_MS = 30_000;
const READ_BYTES = 256 * 1024;

/** A blob that comes: what has come is in a file from which any number of clients read. */
interface Coming {
  readonly size: number;
  readonly path: string;
  /** Bytes in the file. */
  length: number;
  /** Settled when the blob is kept or has failed. */
  done: Promise<void>;
  isDone: boolean;
  failure: unknown;
}

/** Copies of what another registry has, made when they are asked for first; they are enough while that one does not answer. */
export class Mirror {
  readonly #parts: RegistryParts;
  readonly #uploads: UploadStore;
  readonly #upstream: Upstream;
  readonly #trim: () => Promise<void>;
  readonly #coming = new Map<string, Promise<Coming>>();
  readonly #stop = new AbortController();

  /** @param trim lets go of copies when there are too many */
  constructor(parts: RegistryParts, uploads: UploadStore, upstream: Upstream, trim: () => Promise<void>) {
    this.#parts = parts;
    this.#uploads = uploads;
    this.#upstream = upstream;
    this.#trim = trim;
  }

  /** @param reference tag or digest @throws not-found */
  async manifest(repository: string, reference: string): Promise<RegistryManifestRow> {
    const { table } = this.#parts;
    const isDigest = reference.includes(':');
    const tag = isDigest ? undefined : table.tag(repository, reference);
    const here = table.manifest(repository, isDigest ? reference : (tag?.digest ?? ''));
    if (here !== undefined && Date.now() - here.touchedMs > TOUCH_MS)
      table.touchManifest(repository, here.digest, Date.now());
    if (here !== undefined && (isDigest || Date.now() - tag!.checkedMs < FRESH_MS)) return here;
    try {
      if (here !== undefined && (await this.#upstream.resolve(repository, reference)) === here.digest) {
        table.setTag(repository, reference, here.digest, Date.now());
        return here;
      }
      return await this.#fetchManifest(repository, reference);
    } catch (error) {
      if (here !== undefined && !isBerthError(error, 'not-found')) return here;
      throw error;
    }
  }

  async #fetchManifest(repository: string, reference: string): Promise<RegistryManifestRow> {
    const found = await this.#upstream.manifest(repository, reference);
    if (found === undefined) throw registryFailure('manifest-unknown', 'manifest unknown', { reference });
    const algorithm = reference.includes(':') ? (algorithmOf(reference) ?? 'sha256') : 'sha256';
    const digest = reference.includes(':') ? reference : undefined;
    const tags = digest === undefined ? [reference] : [];
    const record = putManifest(this.#parts, repository, { ...found, algorithm, digest, tags }, true);
    return this.#parts.table.manifest(repository, record.digest)!;
  }

  async blob(repository: string, digest: string): Promise<BlobFacts> {
    const { size } = await this.#come(repository, digest);
    return { digest, size };
  }

  async openBlob(repository: string, digest: string, range?: { first: number; last: number }): Promise<Readable> {
    const coming = await this.#come(repository, digest);
    try {
      const file = await open(coming.path, constants.O_RDONLY);
      const pieces = readComing(coming, file, range ?? { first: 0, last: coming.size - 1 });
      return Readable.from(pieces, { objectMode: false, highWaterMark: READ_BYTES });
    } catch (error) {
      // It has all come meanwhile, and lies where blobs lie.
      const row = isErrno(error, 'ENOENT') ? this.#parts.table.blob(repository, digest) : undefined;
      if (row === undefined) throw coming.failure ?? error;
      return await openFile(this.#parts.content.pathOf(row.blob), digest, range);
    }
  }

  /** Starts fetching a blob unless it is under way. */
  #come(repository: string, digest: string): Promise<Coming> {
    const key = `${repository}@${digest}`;
    const known = this.#coming.get(key);
    if (known !== undefined) return known;
    const started = this.#start(repository, digest, key);
    this.#coming.set(key, started);
    started.catch(() => this.#coming.delete(key));
    return started;
  }

  async #start(repository: string, digest: string, key: string): Promise<Coming> {
    const found = await this.#upstream.blob(repository, digest, this.#stop.signal);
    if (found === undefined) throw registryFailure('blob-unknown', 'blob unknown to registry', { digest });
    const id = this.#uploads.begin(repository);
    const coming: Coming = {
      size: found.size,
      path: this.#uploads.fileOf(id),
      length: 0,
      done: Promise.resolve(),
      isDone: false,
      failure: undefined,
    };
    coming.done = this.#receive(repository, digest, id, coming, found.stream).then(
      async () => {
        coming.isDone = true;
        // What fails here fails again at the next collection, which tells.
        await this.#trim().catch(() => undefined);
      },
      async (error: unknown) => {
        coming.failure = error;
        await this.#uploads.cancel(repository, id).catch(() => {});
      },
    );
    void coming.done.then(() => this.#coming.delete(key));
    return coming;
  }

  async #receive(repository: string, digest: string, id: string, coming: Coming, stream: Readable): Promise<void> {
    const size = await this.#uploads.append(repository, id, stream, 0, (length) => {
      coming.length = length;
    });
    if (size !== coming.size)
      throw registryFailure('size-invalid', `the other registry sent ${size} of ${coming.size} bytes`, { digest });
    await this.#uploads.finish(repository, id, digest);
  }

  async tags(repository: string, { limit, after }: PageQuery): Promise<Page> {
    const found = await this.#upstream.tags(repository);
    if (found === undefined) throw registryFailure('name-unknown', 'repository name not known to registry');
    const rest = [...found].sort().filter((tag) => tag > after);
    return { names: rest.slice(0, limit), hasMore: limit > 0 && rest.length > limit };
  }

  /** Ends what is under way. */
  async settled(): Promise<void> {
    this.#stop.abort();
    for (const coming of await Promise.allSettled(this.#coming.values()))
      if (coming.status === 'fulfilled') await coming.value.done;
  }
}

/** The last byte is held back until the whole is proven: a client must not take for good what is not. */
async function* readComing(
  coming: Coming,
  file: FileHandle,
  { first, last }: { first: number; last: number },
): AsyncGenerator<Uint8Array, void, void> {
  try {
    for (let at = first; at <= last; ) {
      if (coming.failure !== undefined) throw coming.failure;
      const isDone = coming.isDone;
      const end = Math.min(isDone ? coming.size : Math.min(coming.length, coming.size - 1), last + 1);
      if (end > at) {
        const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, end - at));
        const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
        if (bytesRead === 0) throw new Error('the file of a blob that comes is shorter than it was');
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
      } else await Promise.race([coming.done, sleep(LOOK_MS)]);
    }
  } finally {
    await file.close();
  }
}

import { createHash, type Hash } from 'node:crypto';
import { closeSync, createReadStream, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs';
import { type FileHandle, open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '#base/errors.ts';
import { fault } from '#base/fault.ts';
import { newId } from '#base/ids.ts';
import { KeyedMutex } from '#base/keyed-mutex.ts';
import { algorithmOf } from '#spec/distribution/names.ts';
import { transact } from '#store/metadata/database.ts';
import { openLease } from '#store/metadata/leases.ts';
import type { BlobFacts, Uploads } from './api.ts';
import type { RegistryParts } from './parts.ts';
import { registryFailure } from './registry-errors.ts';

/** Bytes gathered before they are written. */
const WRITE_BYTES = 1024 * 1024;

/** The digest of an upload's beginning, kept while this process lives: without it the file is read again at the end. */
interface Progress {
  readonly hash: Hash;
  length: number;
}

/** Digests of beginnings that are remembered at once. */
const PROGRESS_MAX = 1000;

/** Blobs on their way in: files that outlive the process, one request at a time. */
export class UploadStore implements Uploads {
  readonly #parts: RegistryParts;
  readonly #directory: string;
  readonly #mutex = new KeyedMutex();
  readonly #progress = new Map<string, Progress>();
  readonly #active = new Map<string, AbortController>();

  constructor(parts: RegistryParts) {
    this.#parts = parts;
    this.#directory = join(parts.root, 'registry', 'uploads');
  }

  begin(repository: string): string {
    const id = newId();
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    this.#parts.db.prepare('INSERT INTO registry_uploads VALUES (?, ?, ?)').run(id, repository, Date.now());
    return id;
  }

  async sizeOf(repository: string, id: string): Promise<number> {
    this.#check(repository, id);
    return await this.#fileSize(id);
  }

  async append(
    repository: string,
    id: string,
    bytes: AsyncIterable<Uint8Array>,
    from?: number,
    report: (size: number) => void = () => {},
  ): Promise<number> {
    this.#check(repository, id);
    // A client that comes again has given the earlier connection up.
    this.#active.get(id)?.abort();
    using _held = await this.#mutex.acquire(id);
    const giveUp = new AbortController();
    this.#active.set(id, giveUp);
    try {
      this.#check(repository, id);
      const size = await this.#fileSize(id);
      if (from !== undefined && from !== size)
        throw registryFailure('range', `the upload has ${size} bytes, and not ${from}`, { size });
      this.#touch(id);
      return await this.#write(id, size, bytes, giveUp.signal, report);
    } finally {
      if (this.#active.get(id) === giveUp) this.#active.delete(id);
    }
  }

  async finish(repository: string, id: string, digest: string): Promise<BlobFacts> {
    using _held = await this.#mutex.acquire(id);
    this.#check(repository, id);
    const { content, db, table } = this.#parts;
    const path = this.#path(id);
    const file = await open(path, 'a', 0o600);
    await file.close();
    const size = await this.#fileSize(id);
    const blob = await this.#sha256(id, size);
    const found = algorithmOf(digest) === 'sha256' ? blob : `sha512:${await hashFile(path, 'sha512')}`;
    if (found !== digest) {
      await this.#forget(id);
      throw registryFailure('digest-invalid', `provided digest did not match uploaded content`, { digest, found });
    }
    using lease = openLease(db);
    await content.keep({ path, digest: blob, size }, lease, () => {
      table.putBlob(repository, { digest, blob, size, touchedMs: Date.now() });
      db.prepare('DELETE FROM registry_uploads WHERE id = ?').run(id);
    });
    fault('registry.kept');
    this.#progress.delete(id);
    return { digest, size };
  }

  async cancel(repository: string, id: string): Promise<void> {
    this.#check(repository, id);
    this.#active.get(id)?.abort();
    using _held = await this.#mutex.acquire(id);
    await this.#forget(id);
  }

  /** Forgets what rested too long, and files without a row. @returns how many */
  expire(restMs: number): number {
    const { db } = this.#parts;
    const expired = transact(db, () => {
      const rows = db
        .prepare('DELETE FROM registry_uploads WHERE touched_ms < ? RETURNING id')
        .all(Date.now() - restMs);
      const known = new Set(
        db
          .prepare('SELECT id FROM registry_uploads')
          .all()
          .map((row) => String(row['id'])),
      );
      // The row comes before the file: what has none has lost it.
      for (const name of this.#files())
        if (!known.has(name) && !this.#active.has(name)) rmSync(this.#path(name), { force: true });
      return rows.length;
    });
    for (const id of this.#progress.keys()) if (!this.#isKnown(id)) this.#progress.delete(id);
    return expired;
  }

  /** File that the bytes of an upload go into. */
  fileOf(id: string): string {
    const path = this.#path(id);
    closeSync(openSync(path, 'a', 0o600));
    return path;
  }

  #files(): string[] {
    try {
      return readdirSync(this.#directory);
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return [];
      throw error;
    }
  }

  async #write(
    id: string,
    from: number,
    bytes: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
    report: (size: number) => void,
  ): Promise<number> {
    const progress = this.#progressOf(id, from);
    const file = await open(this.#path(id), 'a', 0o600);
    let size = from;
    try {
      for await (const pieces of gather(bytes, signal)) {
        const more = pieces.reduce((sum, piece) => sum + piece.length, 0);
        const most = this.#parts.blobBytesMax ?? Number.POSITIVE_INFINITY;
        if (size + more > most)
          throw registryFailure('too-large', `a blob may have ${most} bytes at most`, { limit: most });
        await writeAll(file, pieces);
        size += more;
        report(size);
        if (progress === undefined) continue;
        for (const piece of pieces) progress.hash.update(piece);
        progress.length = size;
        fault('registry.appended');
      }
      return size;
    } finally {
      await file.close();
    }
  }

  /** @returns undefined when the digest of what is there is not known */
  #progressOf(id: string, size: number): Progress | undefined {
    const known = this.#progress.get(id);
    if (known?.length === size) return known;
    this.#progress.delete(id);
    if (size > 0) return undefined;
    const fresh = { hash: createHash('sha256'), length: 0 };
    this.#progress.set(id, fresh);
    if (this.#progress.size > PROGRESS_MAX) this.#progress.delete(this.#progress.keys().next().value!);
    return fresh;
  }

  async #sha256(id: string, size: number): Promise<string> {
    const progress = this.#progressOf(id, size);
    return `sha256:${progress === undefined ? await hashFile(this.#path(id), 'sha256') : progress.hash.copy().digest('hex')}`;
  }

  async #forget(id: string): Promise<void> {
    // The file first: on a full disk there is room for the database again then.
    await rm(this.#path(id), { force: true });
    this.#progress.delete(id);
    this.#parts.db.prepare('DELETE FROM registry_uploads WHERE id = ?').run(id);
  }

  #isKnown(id: string, repository?: string): boolean {
    const row = this.#parts.db.prepare('SELECT repository FROM registry_uploads WHERE id = ?').get(id);
    return row !== undefined && (repository === undefined || row['repository'] === repository);
  }

  #check(repository: string, id: string): void {
    if (!this.#isKnown(id, repository)) throw registryFailure('blob-upload-unknown', 'blob upload unknown to registry');
  }

  #touch(id: string): void {
    this.#parts.db.prepare('UPDATE registry_uploads SET touched_ms = ? WHERE id = ?').run(Date.now(), id);
  }

  async #fileSize(id: string): Promise<number> {
    try {
      return (await stat(this.#path(id))).size;
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return 0;
      throw error;
    }
  }

  /** Only for ids of rows: nothing that a client makes up becomes part of a path. */
  #path(id: string): string {
    return join(this.#directory, id);
  }
}

/** Pieces of at least {@link WRITE_BYTES} together, but for the last. What came before a failure still comes out. */
async function* gather(
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array[], void, void> {
  let pieces: Uint8Array[] = [];
  let length = 0;
  let failure: unknown;
  try {
    for await (const piece of bytes) {
      pieces.push(piece);
      length += piece.length;
      if (length >= WRITE_BYTES) {
        yield pieces;
        pieces = [];
        length = 0;
      }
      if (signal.aborted) throw registryFailure('blob-upload-invalid', 'another request goes on with this upload');
    }
  } catch (error) {
    failure = error;
  }
  if (length > 0) yield pieces;
  if (failure !== undefined) throw failure;
}

async function writeAll(file: FileHandle, pieces: readonly Uint8Array[]): Promise<void> {
  try {
    for (let rest = pieces.filter(({ length }) => length > 0); rest.length > 0; ) {
      const { bytesWritten } = await file.writev(rest);
      rest = behind(rest, bytesWritten);
    }
  } catch (error) {
    if (isErrno(error, 'ENOSPC', 'EDQUOT')) throw registryFailure('full', 'no space left on the registry');
    throw error;
  }
}

function behind(pieces: readonly Uint8Array[], count: number): Uint8Array[] {
  let skip = count;
  return pieces.flatMap((piece) => {
    const cut = Math.min(skip, piece.length);
    skip -= cut;
    return cut === piece.length ? [] : [piece.subarray(cut)];
  });
}

async function hashFile(path: string, algorithm: 'sha256' | 'sha512'): Promise<string> {
  const hash = createHash(algorithm);
  for await (const piece of createReadStream(path, { highWaterMark: WRITE_BYTES })) hash.update(piece as Buffer);
  return hash.digest('hex');
}

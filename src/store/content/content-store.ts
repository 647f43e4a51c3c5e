import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BerthError } from '#base/errors.ts';
import { fault } from '#base/fault.ts';
import { randomBytes } from '#base/random.ts';
import { type Database, transact } from '../metadata/database.ts';
import type { Lease } from '../metadata/leases.ts';
import { processToken } from '../metadata/process-token.ts';
import type { StorePaths } from '../store-paths.ts';

/** A blob that is written and not yet kept. */
export interface SpooledBlob {
  readonly path: string;
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

/** Blobs by digest: files that never change, each with a row. */
export class ContentStore {
  readonly #db: Database;
  readonly #paths: StorePaths;

  constructor(db: Database, paths: StorePaths) {
    this.#db = db;
    this.#paths = paths;
  }

  /** Where the blobs are, by their hexadecimal digests. */
  get directory(): string {
    return this.#paths.blobs;
  }

  /** Path for an unfinished file; its name says who may still be at work on it. */
  temporaryPath(): string {
    mkdirSync(this.#paths.temporary, { recursive: true, mode: 0o700 });
    return join(this.#paths.temporary, `${processToken()}.${randomBytes(8).toString('hex')}`);
  }

  /** Size of a blob in bytes, undefined when it is not here. */
  sizeOf(digest: string): number | undefined {
    const row = this.#db.prepare('SELECT size FROM blobs WHERE digest = ?').get(digest);
    return row === undefined ? undefined : Number(row['size']);
  }

  /** Sizes of all blobs in bytes, by digest. */
  sizes(): Map<string, number> {
    const rows = this.#db.prepare('SELECT digest, size FROM blobs').all();
    return new Map(rows.map((row) => [String(row['digest']), Number(row['size'])]));
  }

  pathOf(digest: string): string {
    return this.#paths.blob(digest);
  }

  /** A small blob as text. @throws data-loss when the file is gone or changed */
  readText(digest: string): string {
    let bytes: Buffer;
    try {
      bytes = readFileSync(this.pathOf(digest));
    } catch (error) {
      throw new BerthError('data-loss', 'blob.missing', `blob ${digest} is missing from the store`, { cause: error });
    }
    if (digestOf(bytes) !== digest) {
      throw new BerthError('data-loss', 'blob.damaged', `blob ${digest} is damaged in the store`);
    }
    return bytes.toString('utf8');
  }

  /** Stores a small blob. @returns its digest */
  putBytes(bytes: Uint8Array, lease: Lease): string {
    const path = this.temporaryPath();
    const fd = openSync(path, 'wx', 0o600);
    try {
      writeSync(fd, bytes);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    const digest = digestOf(bytes);
    this.#keep({ path, digest, size: bytes.length }, lease);
    return digest;
  }

  /**
   * Makes a spooled file a blob. Its data is on the disk before its name is.
   *
   * @param also runs in the same transaction
   */
  async keep(blob: SpooledBlob, lease: Lease, also?: () => void): Promise<void> {
    const file = await open(blob.path, 'r');
    try {
      await file.datasync();
    } finally {
      await file.close();
    }
    fault('blob.before-rename');
    this.#keep(blob, lease, also);
  }

  /** {@link ContentStore.keep} for a file whose data is on the disk already. */
  keepSynced(blob: SpooledBlob, lease: Lease): void {
    fault('blob.before-rename');
    this.#keep(blob, lease);
  }

  async discard(blob: { readonly path: string }): Promise<void> {
    await rm(blob.path, { force: true });
  }

  #keep({ path, digest, size }: SpooledBlob, lease: Lease, also: () => void = () => {}): void {
    mkdirSync(this.#paths.blobs, { recursive: true, mode: 0o700 });
    transact(this.#db, () => {
      lease.hold('blob', digest);
      const known = this.sizeOf(digest) !== undefined;
      if (known) rmSync(path, { force: true });
      else {
        renameSync(path, this.pathOf(digest));
        fault('blob.after-rename');
        this.#db.prepare('INSERT INTO blobs VALUES (?, ?, ?)').run(digest, size, Date.now());
      }
      also();
    });
    fault('blob.kept');
  }
}

/** `sha256:HEX` of some bytes. */
export function digestOf(bytes: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

import { createHash, type Hash } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { MessagePort } from 'node:worker_threads';
import { invariant } from '#base/errors.ts';
import { cleanPath } from '#spec/tar/clean-path.ts';
import type { TarEntry } from '#spec/tar/tar-entry.ts';
import { tarError } from '#spec/tar/tar-error.ts';
import { type TarHandler, TarParser } from '#spec/tar/tar-parser.ts';
import { writeWhole } from '../content/spool-blob.ts';
import { receiveBytes } from '../worker/byte-port.ts';
import { decompress } from './decompress.ts';
import { resolveLink, type SpooledMember } from './spooled-archive.ts';

/** Most members of an archive of images: each layer has a handful. */
const MEMBERS_MAX = 100_000;

/**
 * Writes the files of an image archive, which may be compressed, into a directory under numbers and takes their digests.
 * Runs in a worker.
 *
 * @throws invalid when it is no tar archive or holds names that lead out
 */
export async function spoolArchive(
  job: { readonly directory: string },
  port: MessagePort | undefined,
): Promise<SpooledMember[]> {
  invariant(port !== undefined, 'spooling needs a port');
  using spooler = new Spooler(job.directory);
  const parser = new TarParser(spooler, { members: MEMBERS_MAX });
  const { bytes } = await decompress(receiveBytes(port));
  let any = false;
  for await (const piece of bytes) {
    any = true;
    parser.push(piece);
  }
  if (!any) throw tarError('it is empty');
  parser.end();
  return spooler.members;
}

class Spooler implements TarHandler {
  readonly members: SpooledMember[] = [];
  readonly #directory: string;
  #fd: number | undefined;
  #hash: Hash | undefined;
  #entry: TarEntry | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  entry(entry: TarEntry): void {
    this.#entry = entry;
    if (entry.type !== 'file') return;
    if (entry.sparse !== undefined) throw tarError('an image archive holds no sparse files');
    this.#fd = openSync(this.#nextFile(), 'wx', 0o600);
    this.#hash = createHash('sha256');
  }

  data(bytes: Uint8Array): void {
    if (this.#fd === undefined) return;
    this.#hash!.update(bytes);
    writeWhole(this.#fd, bytes);
  }

  entryEnd(): void {
    const entry = this.#entry!;
    const path = cleanPath(entry.path);
    if (this.#fd !== undefined) {
      const file = this.#nextFile();
      this[Symbol.dispose]();
      const digest = `sha256:${this.#hash!.digest('hex')}`;
      this.members.push({ path, file, digest, size: entry.size, link: undefined });
      return;
    }
    const link =
      entry.type === 'symlink'
        ? resolveLink(path, entry.linkPath)
        : entry.type === 'hardlink'
          ? cleanPath(entry.linkPath)
          : undefined;
    // Other members play no part: what an image needs and is none of these will be missed by name.
    if (link !== undefined) this.members.push({ path, file: undefined, digest: '', size: 0, link });
  }

  #nextFile(): string {
    return join(this.#directory, String(this.members.length));
  }

  [Symbol.dispose](): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

import { join } from 'node:path';
import type { MessagePort } from 'node:worker_threads';
import { invariant } from '#base/errors.ts';
import { cleanPath } from '#spec/tar/clean-path.ts';
import type { TarEntry } from '#spec/tar/tar-entry.ts';
import { tarError } from '#spec/tar/tar-error.ts';
import { type TarHandler, TarParser } from '#spec/tar/tar-parser.ts';
import { SpoolFile } from '../content/spool-file.ts';
import { sendNote } from '../worker/byte-port.ts';
import { GrowthWriter } from '../worker/growth.ts';
import { bytesOfSource } from '../worker/run-with-source.ts';
import { decompress } from './decompress.ts';
import { looksLikeLayer } from './looks-like-layer.ts';
import { resolveLink, type SpooledMember } from './spooled-archive.ts';

/** Most members of an archive of images: each layer has a handful. */
const MEMBERS_MAX = 100_000;

/** A member that is named by its digest, as in an OCI image layout. */
const BLOB_PATH = /^blobs\/sha256\/([0-9a-f]{64})$/;

export interface SpoolArchiveJob {
  /** See {@link runWithSource}. */
  readonly source: number | undefined;
  readonly directory: string;
  /** Sizes of the store's blobs by digest. Members that are among them are passed over, and stand for what is there. */
  readonly known: ReadonlyMap<string, number>;
  /** Where those are, by their hexadecimal digests. */
  readonly blobs: string;
  /** Told how far archives of layers have come; a note is sent when one begins. */
  readonly growth: SharedArrayBuffer;
}

/**
 * Writes the files of an image archive, which may be compressed, into a directory under numbers and takes their digests.
 * Runs in a worker.
 *
 * @throws invalid when it is no tar archive or holds names that lead out
 */
export async function spoolArchive(job: SpoolArchiveJob, port: MessagePort | undefined): Promise<SpooledMember[]> {
  invariant(port !== undefined, 'spooling needs a port');
  const growth = new GrowthWriter(job.growth);
  let failed = true;
  try {
    using spooler = new Spooler(job, growth, () => sendNote(port));
    const parser = new TarParser(spooler, { members: MEMBERS_MAX });
    const { bytes } = await decompress(bytesOfSource(job.source, port));
    let any = false;
    for await (const piece of bytes) {
      any = true;
      parser.push(piece);
    }
    if (!any) throw tarError('it is empty');
    parser.end();
    failed = false;
    return spooler.members;
  } finally {
    growth.end(failed);
  }
}

class Spooler implements TarHandler {
  readonly members: SpooledMember[] = [];
  readonly #job: SpoolArchiveJob;
  readonly #growth: GrowthWriter;
  readonly #onLayer: () => void;
  #file: SpoolFile | undefined;
  #entry: TarEntry | undefined;
  #kept: SpooledMember | undefined;
  #isLayer = false;

  constructor(job: SpoolArchiveJob, growth: GrowthWriter, onLayer: () => void) {
    this.#job = job;
    this.#growth = growth;
    this.#onLayer = onLayer;
  }

  entry(entry: TarEntry): void {
    this.#entry = entry;
    this.#kept = undefined;
    this.#isLayer = false;
    if (entry.type !== 'file') return;
    if (entry.sparse !== undefined) throw tarError('an image archive holds no sparse files');
    this.#kept = this.#findKept(entry);
    if (this.#kept === undefined) this.#file = new SpoolFile(this.#nextFile());
  }

  data(bytes: Uint8Array): void {
    if (this.#file === undefined) return;
    if (this.#file.size === 0 && looksLikeLayer(bytes)) {
      this.#isLayer = this.#growth.begin(this.members.length);
      if (this.#isLayer) this.#onLayer();
    }
    this.#file.add(bytes);
    if (this.#isLayer) this.#growth.grow(bytes.length);
  }

  entryEnd(): void {
    const entry = this.#entry!;
    if (this.#kept !== undefined) {
      this.members.push(this.#kept);
      return;
    }
    const path = cleanPath(entry.path);
    if (this.#file !== undefined) {
      const digest = this.#file.finish();
      if (this.#isLayer) this.#growth.complete();
      this.#file = undefined;
      this.members.push({ path, file: this.#nextFile(), digest, size: entry.size, link: undefined });
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

  /** What is named by a digest that the store has needs neither reading nor checking: nothing of it is used. */
  #findKept(entry: TarEntry): SpooledMember | undefined {
    const path = cleanPath(entry.path);
    const hex = BLOB_PATH.exec(path)?.[1];
    if (hex === undefined) return undefined;
    const digest = `sha256:${hex}`;
    if (this.#job.known.get(digest) !== entry.size) return undefined;
    return { path, file: join(this.#job.blobs, hex), digest, size: entry.size, link: undefined };
  }

  #nextFile(): string {
    return join(this.#job.directory, String(this.members.length));
  }

  [Symbol.dispose](): void {
    this.#file?.[Symbol.dispose]();
  }
}

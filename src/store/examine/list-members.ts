import { createHash, type Hash } from 'node:crypto';
import { BerthError } from '#base/errors.ts';
import { showByteText } from '#spec/tar/byte-text.ts';
import { cleanPath } from '#spec/tar/clean-path.ts';
import type { TarEntry } from '#spec/tar/tar-entry.ts';
import { TarParser } from '#spec/tar/tar-parser.ts';
import { decompress } from '../archive/decompress.ts';
import { FilePieces } from '../archive/file-pieces.ts';

/** A member of a layer's archive, as text for people. */
export interface LayerMember {
  /** Without a leading slash. */
  readonly path: string;
  readonly type: TarEntry['type'];
  /** Bytes. */
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly link: string;
  /** Of files. */
  digest: string | undefined;
}

export interface ListMembersJob {
  /** File with the layer's archive, compressed or not. */
  readonly blob: string;
  /** Source of a regular expression: what is in files with such paths is wanted as well. */
  readonly wanted: string;
  /** Most bytes of all that is wanted; 256 MiB when absent. */
  readonly contentMax?: number;
}

export interface ListedMembers {
  readonly members: readonly LayerMember[];
  /** Contents by path. */
  readonly contents: ReadonlyMap<string, Uint8Array>;
}

/** An archive of a few kilobytes may have any number of large files. */
const CONTENT_MAX = 256 * 1024 * 1024;

/** Lists what a layer's archive has. Runs in a worker. @throws unsupported when too much is wanted */
export async function listMembers(job: ListMembersJob): Promise<ListedMembers> {
  const wanted = new RegExp(job.wanted);
  const members: LayerMember[] = [];
  const contents = new Map<string, Uint8Array>();
  const { contentMax = CONTENT_MAX } = job;
  let left = contentMax;
  let hash: Hash | undefined;
  let pieces: Buffer[] | undefined;
  const parser = new TarParser({
    entry: (entry) => {
      const member = memberOf(entry);
      members.push(member);
      hash = entry.type === 'file' ? createHash('sha256') : undefined;
      pieces = entry.type === 'file' && wanted.test(member.path) ? [] : undefined;
      if (pieces === undefined) return;
      left -= entry.size;
      if (left >= 0) return;
      const words = `${member.path} has ${entry.size} bytes, at most ${contentMax} are read of a layer`;
      throw new BerthError('unsupported', 'examine.too-large', words);
    },
    data: (bytes) => {
      hash?.update(bytes);
      pieces?.push(Buffer.from(bytes));
    },
    entryEnd: () => {
      const last = members.at(-1)!;
      if (hash !== undefined) last.digest = `sha256:${hash.digest('hex')}`;
      if (pieces !== undefined) contents.set(last.path, Buffer.concat(pieces));
    },
  });
  const { bytes } = await decompress(new FilePieces(job.blob));
  for await (const piece of bytes) parser.push(piece);
  parser.end();
  return { members, contents };
}

function memberOf(entry: TarEntry): LayerMember {
  const { type, size, mode, uid, gid } = entry;
  const path = showByteText(cleanPath(entry.path)).replace(/^\/+/, '');
  const link = type === 'hardlink' ? cleanPath(entry.linkPath).replace(/^\/+/, '') : entry.linkPath;
  return { path, type, size, mode, uid, gid, link: showByteText(link), digest: undefined };
}

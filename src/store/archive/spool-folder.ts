import { createHash } from 'node:crypto';
import { closeSync, constants, copyFileSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { BerthError } from '#base/errors.ts';
import { toByteText } from '#spec/tar/byte-text.ts';
import type { SpooledMember } from './spooled-archive.ts';

/** Copies the files of an OCI image layout folder into a directory under numbers and takes their digests. Runs in a worker. */
export function spoolFolder(job: { readonly from: string; readonly directory: string }): SpooledMember[] {
  const members: SpooledMember[] = [];
  const take = (path: string) => {
    const file = join(job.directory, String(members.length));
    copyFileSync(join(job.from, path), file, constants.COPYFILE_FICLONE);
    members.push({ path: toByteText(path), file, ...measure(file), link: undefined });
  };
  let names: string[];
  try {
    names = readdirSync(job.from);
  } catch (error) {
    throw new BerthError('invalid', 'archive.folder', `cannot read the folder ${job.from}`, { cause: error });
  }
  for (const name of names) if (statSync(join(job.from, name)).isFile()) take(name);
  const blobs = join(job.from, 'blobs', 'sha256');
  if (names.includes('blobs')) for (const name of readdirSync(blobs)) take(join('blobs', 'sha256', name));
  return members;
}

function measure(file: string): { digest: string; size: number } {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(1024 * 1024);
  const fd = openSync(file, 'r');
  let size = 0;
  try {
    for (let count = readSync(fd, buffer); count > 0; count = readSync(fd, buffer)) {
      hash.update(buffer.subarray(0, count));
      size += count;
    }
  } finally {
    closeSync(fd);
  }
  return { digest: `sha256:${hash.digest('hex')}`, size };
}

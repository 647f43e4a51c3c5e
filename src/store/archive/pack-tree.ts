import type { MessagePort } from 'node:worker_threads';
import { invariant } from '#base/errors.ts';
import { closeFd, openInRoot } from '#sys/files/at-calls.ts';
import { O_DIRECTORY, O_RDONLY } from '#sys/files/flags.ts';
import { sendBytes } from '../worker/byte-port.ts';
import { walkTree } from './tree-member.ts';
import { treeToTar } from './tree-to-tar.ts';

export interface PackTreeJob {
  /** Descriptor of the root that paths are resolved in; stays the caller's and open until the job ends. */
  readonly root: number;
  /** Directory in the root, byte text: the one that is packed, or the one that holds `member`. */
  readonly directory: string;
  /** Name in the directory of the one file or link to pack; the directory itself when undefined. */
  readonly member: string | undefined;
  /** Name of what is packed in the archive; what is in a directory follows as `name/...`. Empty: without the directory itself. */
  readonly name: string;
}

/**
 * Packs a file or a directory of a root file system as a tar. Every path is resolved inside the root.
 *
 * @returns the archive in pieces of a megabyte
 * @throws Errors of the system with `code` for what is asked for itself; files that vanish meanwhile are left out
 */
export function* packTree(job: PackTreeJob): Generator<Uint8Array, void> {
  const dir = openInRoot(job.root, job.directory, O_RDONLY | O_DIRECTORY);
  try {
    yield* treeToTar(walkTree(dir, job.member ?? '.', job.name));
  } finally {
    closeFd(dir);
  }
}

/** {@link packTree} in a worker, the archive going out through the port. */
export async function sendTree(job: PackTreeJob, bytes: MessagePort | undefined): Promise<void> {
  invariant(bytes !== undefined, 'packing needs a port');
  await sendBytes(bytes, packTree(job));
}

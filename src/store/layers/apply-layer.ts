import { BerthError } from '#base/errors.ts';
import { FilePieces } from '../archive/file-pieces.ts';
import type { WhiteoutForm } from './layer-writer.ts';
import { unpackArchive } from './unpack-archive.ts';

export interface ApplyLayerJob {
  /** File with the layer's archive, compressed or not. */
  readonly blob: string;
  /** Empty directory, or the lower layers' copy when whiteouts delete. */
  readonly target: string;
  readonly whiteouts: WhiteoutForm;
  /** Digest the uncompressed archive must have; undefined when not known. */
  readonly diffId: string | undefined;
  /** The file's digest when that was verified while it was written. */
  readonly blobDigest: string | undefined;
}

export interface AppliedLayer {
  readonly diffId: string;
  /** Bytes of file data. */
  readonly size: number;
  /** Directories made because something had to go into them. */
  readonly implied: readonly string[];
}

/**
 * Unpacks a layer's archive into a directory. Runs in a worker.
 *
 * @throws invalid when the archive is damaged, hostile or not the one that was announced
 */
export async function applyLayer(job: ApplyLayerJob): Promise<AppliedLayer> {
  // Plain and verified as a blob: the digest is known.
  const unpacked = await unpackArchive(new FilePieces(job.blob), job, job.blobDigest === undefined);
  const diffId = unpacked.diffId ?? job.blobDigest!;
  if (job.diffId !== undefined) checkDiffId(job.diffId, diffId);
  return { ...unpacked, diffId };
}

/** @throws invalid when the archive is another one than its image says */
export function checkDiffId(expected: string, found: string): void {
  if (expected === found) return;
  const words = `layer verification failed: expected diff id ${expected}, the archive has ${found}`;
  throw new BerthError('invalid', 'layer.digest', words);
}

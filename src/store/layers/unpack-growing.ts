import { join } from 'node:path';
import { removeTree } from '#sys/files/remove-tree.ts';
import { FilePieces } from '../archive/file-pieces.ts';
import { makeLayerDirectory } from '../drivers/make-layer-directory.ts';
import { takeGrowing } from '../worker/growth.ts';
import type { WhiteoutForm } from './layer-writer.ts';
import { type UnpackedArchive, unpackArchive } from './unpack-archive.ts';

export interface UnpackGrowingJob {
  /** Directory of the files, which have numbers as names. */
  readonly directory: string;
  /** How far they have come. */
  readonly growth: SharedArrayBuffer;
  readonly whiteouts: WhiteoutForm;
}

export interface UnpackedFile {
  readonly file: string;
  /** Directory with what is in the archive. */
  readonly target: string;
  readonly archive: UnpackedArchive;
}

/**
 * Unpacks archives while another thread still writes them, as long as some come. What is no good archive of a layer is left
 * out: nobody has asked for it yet. Runs in a worker, or several at once.
 */
export async function unpackGrowing(job: UnpackGrowingJob): Promise<UnpackedFile[]> {
  const done: UnpackedFile[] = [];
  try {
    for (let next = await takeGrowing(job.growth); next !== undefined; next = await takeGrowing(job.growth)) {
      const file = join(job.directory, String(next.name));
      const target = `${job.directory}-${next.name}`;
      makeLayerDirectory({ target });
      try {
        const archive = await unpackArchive(
          new FilePieces(file, next.beyond),
          { target, whiteouts: job.whiteouts },
          false,
        );
        done.push({ file, target, archive });
      } catch {
        // Whoever needs this layer unpacks it once more, and hears why it cannot be.
        removeTree(target);
      }
    }
    return done;
  } catch {
    // The writer failed, and says why.
    for (const { target } of done) removeTree(target);
    return [];
  }
}

import { createHash } from 'node:crypto';
import { BerthError } from '#base/errors.ts';
import { TarParser } from '#spec/tar/tar-parser.ts';
import { decompress } from '../archive/decompress.ts';
import { readBlob } from '../archive/read-blob.ts';
import { LayerWriter, type WhiteoutForm } from './layer-writer.ts';

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
  using writer = new LayerWriter(job.target, job.whiteouts);
  const parser = new TarParser(writer);
  const { compression, bytes } = await decompress(readBlob(job.blob));
  // Plain and verified as a blob: the digest is known.
  const hash = compression === 'none' && job.blobDigest !== undefined ? undefined : createHash('sha256');
  for await (const piece of bytes) {
    hash?.update(piece);
    parser.push(piece);
  }
  parser.end();
  writer.finish();
  const diffId = hash === undefined ? job.blobDigest! : `sha256:${hash.digest('hex')}`;
  if (job.diffId !== undefined) checkDiffId(job.diffId, diffId);
  return { diffId, size: writer.size, implied: writer.implied };
}

/** @throws invalid when the archive is another one than its image says */
export function checkDiffId(expected: string, found: string): void {
  if (expected === found) return;
  const words = `layer verification failed: expected diff id ${expected}, the archive has ${found}`;
  throw new BerthError('invalid', 'layer.digest', words);
}

import { createHash } from 'node:crypto';
import { TarParser } from '#spec/tar/tar-parser.ts';
import { decompress } from '../archive/decompress.ts';
import { LayerWriter, type WhiteoutForm } from './layer-writer.ts';

export interface UnpackedArchive {
  /** Digest of the plain archive; undefined when it was not compressed and `hashPlain` not asked for. */
  readonly diffId: string | undefined;
  /** Bytes of file data. */
  readonly size: number;
  /** Directories made because something had to go into them. */
  readonly implied: readonly string[];
}

/**
 * Unpacks a layer's archive, compressed or not, into a directory. For worker threads.
 *
 * @param hashPlain take the digest of an archive that is not compressed, too
 * @throws invalid when the archive is damaged or hostile
 */
export async function unpackArchive(
  archive: Parameters<typeof decompress>[0],
  { target, whiteouts }: { readonly target: string; readonly whiteouts: WhiteoutForm },
  hashPlain: boolean,
): Promise<UnpackedArchive> {
  using writer = new LayerWriter(target, whiteouts);
  const parser = new TarParser(writer);
  const { compression, bytes } = await decompress(archive);
  const hash = compression === 'none' && !hashPlain ? undefined : createHash('sha256');
  for await (const piece of bytes) {
    hash?.update(piece);
    parser.push(piece);
  }
  parser.end();
  writer.finish();
  const diffId = hash === undefined ? undefined : `sha256:${hash.digest('hex')}`;
  return { diffId, size: writer.size, implied: writer.implied };
}

import { readFileSync } from 'node:fs';
import { BerthError } from '#base/errors.ts';
import { DOCUMENT_BYTES_MAX } from '#spec/oci-image/limits.ts';
import type { SpooledArchive, SpooledMember } from './spooled-archive.ts';

/** One image found in an archive, not stored yet. */
export interface ArchiveImage {
  /** The configuration document, byte for byte. */
  readonly config: string;
  /** Layers' archives, lowest first. */
  readonly layers: readonly ArchiveLayer[];
  /** Names as the archive has them. */
  readonly names: readonly string[];
}

export interface ArchiveLayer {
  readonly member: SpooledMember & { readonly file: string };
  readonly mediaType: string;
}

/** A document of an archive as text. @throws invalid when it is missing or too large */
export function readDocument(archive: SpooledArchive, path: string): string {
  const member = archive.file(path);
  if (member.size > DOCUMENT_BYTES_MAX) {
    const words = `invalid archive: ${JSON.stringify(path)} has ${member.size} bytes, at most ${DOCUMENT_BYTES_MAX} are accepted`;
    throw new BerthError('invalid', 'archive.document', words);
  }
  return readFileSync(member.file, 'utf8');
}

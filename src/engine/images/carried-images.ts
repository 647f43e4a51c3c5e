import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { familiarReference, type Reference, withDefaultTag } from '#spec/reference.ts';

/**
 * Images that come with the program, by their familiar names (`berth/hello:latest`): the path of an archive, or what makes one.
 */
export type CarriedImages = Readonly<Record<string, string | (() => AsyncIterable<Uint8Array>)>>;

/** Opens the archive of an image that the program carries; undefined for every other image. */
export function openCarriedImage(carried: CarriedImages, wanted: Reference) {
  const reference = familiarReference(withDefaultTag(wanted));
  const archive = carried[reference];
  if (archive === undefined) return undefined;
  const isPath = typeof archive === 'string';
  return { reference, bytes: isPath ? createReadStream(archive) : Readable.from(archive(), { objectMode: false }) };
}

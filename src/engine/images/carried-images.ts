import { createReadStream } from 'node:fs';
import { familiarReference, type Reference, withDefaultTag } from '#spec/reference.ts';

/** Archives that come with the program, by the familiar name of the image in them (`berth/hello:latest`). */
export type CarriedImages = Readonly<Record<string, string>>;

/** Opens the archive of an image that the program carries; undefined for every other image. */
export function openCarriedImage(carried: CarriedImages, wanted: Reference) {
  const reference = familiarReference(withDefaultTag(wanted));
  const archive = carried[reference];
  return archive === undefined ? undefined : { reference, bytes: createReadStream(archive) };
}

import { createReadStream } from 'node:fs';
import { BerthError } from '#base/errors.ts';
import { familiarReference, parseReference, withDefaultTag } from '#spec/reference.ts';

/** Archives that come with the program, by the familiar name of the image in them (`berth/hello:latest`). */
export type CarriedImages = Readonly<Record<string, string>>;

/**
 * Finds the archive of an image that the program carries.
 *
 * @param name with or without a tag
 * @param tag overrides the name's
 * @throws unsupported for every other image: there are no registries yet
 */
export function openCarriedImage(carried: CarriedImages, name: string, tag: string | undefined) {
  const reference = familiarReference(withDefaultTag(parseReference(tag === undefined ? name : `${name}:${tag}`)));
  const archive = carried[reference];
  if (archive === undefined) {
    const message = `cannot pull ${name}: images from registries are not supported yet`;
    const hint = 'Load an archive with "berth load" or import a root filesystem with "berth import".';
    throw new BerthError('unsupported', 'image.pull', message, { hint });
  }
  return { reference, bytes: createReadStream(archive) };
}

import { BerthError } from '#base/errors.ts';
import { checkTag, familiarName, parseReference, parseReferenceOrId } from '#spec/reference.ts';
import type { ImageTable } from '../metadata/image-table.ts';
import { nameKey, resolveImage } from './resolve.ts';

/** A name that leads to an image now. */
export interface Tagged {
  readonly imageId: string;
  /** Full name with tag. */
  readonly name: string;
  /** Image it led to before, when that was another one. */
  readonly before: string | undefined;
}

/**
 * Gives an image one more name.
 *
 * @param repository name without tag, or with one when `tag` is absent
 * @throws not-found for no image, invalid for no name
 */
export function tagImage(table: ImageTable, image: string, repository: string, tag?: string): Tagged {
  const { id } = resolveImage(table, image);
  const parsed = parseReference(repository);
  if (parsed.digest !== undefined) {
    throw new BerthError('invalid', 'reference.digest', 'refusing to create a tag with a digest reference');
  }
  if (familiarName(parsed) === 'sha256') {
    const words = 'refusing to create an ambiguous tag using digest algorithm as name';
    throw new BerthError('invalid', 'reference.ambiguous', words);
  }
  if (tag !== undefined && tag !== '') checkTag(tag);
  const name = nameKey(tag === undefined || tag === '' ? parsed : { ...parsed, tag });
  // A name that stands for several platforms gives all of them; an id means one image.
  const from = parseReferenceOrId(image);
  const key = 'id' in from ? '' : nameKey(from);
  const platforms = table.idOfName(key) === id ? table.platformsOf(key) : [];
  const before = table.setName(name, id, platforms[0]?.list);
  for (const { platform, list, imageId } of platforms) table.setPlatform(name, platform, list, imageId);
  return { imageId: id, name, before: before === id ? undefined : before };
}

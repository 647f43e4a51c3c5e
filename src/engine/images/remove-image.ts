/** Removing images by Docker's rules: names first, then what no name leads to and nobody uses. */
import { BerthError } from '#base/errors.ts';
import { shortId } from '#base/ids.ts';
import type { ImageDeleteItem } from '#spec/docker-api/images.ts';
import { familiarName, familiarReference, parseReference, withDefaultTag } from '#spec/reference.ts';
import type { RemoveImageOptions } from './api.ts';
import type { ImageStorage, StoredImageFacts } from './image-storage.ts';

/** Containers of one image. */
export interface ImageUsers {
  readonly running: readonly string[];
  readonly stopped: readonly string[];
}

export interface RemoveParts {
  readonly storage: ImageStorage;
  readonly usersOf: (imageId: string) => ImageUsers;
  readonly emit: (action: 'untag' | 'delete', image: StoredImageFacts, name: string) => void;
}

interface Conflict {
  /** Not even force helps. */
  readonly hard: boolean;
  /** Because of a container. */
  readonly used: boolean;
  readonly message: string;
}

interface Severity {
  readonly names: boolean;
  readonly stopped: boolean;
}

function conflictOf(parts: RemoveParts, id: string, look: Severity): Conflict | undefined {
  if (parts.storage.childrenOf(id).length > 0)
    return { hard: true, used: false, message: 'image has dependent child images' };
  const { running, stopped } = parts.usersOf(id);
  const [first] = running;
  if (first !== undefined)
    return { hard: true, used: true, message: `image is being used by running container ${shortId(first)}` };
  if (look.names && (parts.storage.get(id)?.names.length ?? 0) > 0)
    return { hard: false, used: false, message: 'image is referenced in multiple repositories' };
  const [idle] = stopped;
  if (look.stopped && idle !== undefined)
    return { hard: false, used: true, message: `image is being used by stopped container ${shortId(idle)}` };
  return undefined;
}

function conflictError(id: string, conflict: Conflict): BerthError {
  const force = conflict.hard ? 'cannot be forced' : 'must be forced';
  const message = `conflict: unable to delete ${shortId(id)} (${force}) - ${conflict.message}`;
  return new BerthError('conflict', 'image.in-use', message);
}

/** True when at most one tag, and names of only one repository, lead to an image. */
function isSingleName(names: readonly string[]): boolean {
  const references = names.map(parseReference);
  const repositories = new Set(references.map(familiarName));
  return repositories.size <= 1 && references.filter((reference) => reference.tag !== undefined).length <= 1;
}

/** Whether a user's text means the image's id rather than one of its names. */
function isIdText(id: string, text: string): boolean {
  const hex = text.startsWith('sha256:') ? text.slice(7) : text;
  return /^[a-f0-9]+$/.test(hex) && id.startsWith(`sha256:${hex}`);
}

function untag(parts: RemoveParts, image: StoredImageFacts, name: string, records: ImageDeleteItem[]): void {
  parts.storage.deleteName(name);
  records.push({ Untagged: familiarReference(parseReference(name)) });
  parts.emit('untag', image, image.id);
}

/** The stored name that a reference means. */
function nameFor(image: StoredImageFacts, text: string): string | undefined {
  const wanted = familiarReference(withDefaultTag(parseReference(text)));
  return image.names.find((name) => familiarReference(parseReference(name)) === wanted);
}

async function deleteImage(
  parts: RemoveParts,
  id: string,
  options: RemoveImageOptions,
  quiet: boolean,
  records: ImageDeleteItem[],
): Promise<void> {
  const soft = !options.force;
  const conflict = conflictOf(parts, id, { names: soft, stopped: soft });
  const image = parts.storage.get(id);
  if (image === undefined) return;
  if (conflict !== undefined) {
    const dangling = image.names.length === 0 && parts.storage.childrenOf(id).length === 0;
    if (quiet && (!dangling || conflict.used)) return;
    throw conflictError(id, conflict);
  }
  for (const name of image.names) untag(parts, image, name, records);
  const layers = await parts.storage.remove(id);
  parts.emit('delete', image, id);
  records.push({ Deleted: id }, ...layers.map((chainId) => ({ Deleted: chainId })));
  if (options.noPrune || image.parent === '') return;
  // Parents without name and user only existed for this image.
  await deleteImage(parts, image.parent, { force: false }, true, records);
}

function removeByName(parts: RemoveParts, image: StoredImageFacts, ref: string, force: boolean): ImageDeleteItem[] {
  const { running, stopped } = parts.usersOf(image.id);
  const [user] = [...running, ...stopped];
  if (!force && isSingleName(image.names) && user !== undefined) {
    const why = `container ${shortId(user)} is using its referenced image ${shortId(image.id)}`;
    const message = `conflict: unable to remove repository reference ${JSON.stringify(ref)} (must force) - ${why}`;
    throw new BerthError('conflict', 'image.in-use', message);
  }
  const records: ImageDeleteItem[] = [];
  const name = nameFor(image, ref);
  if (name !== undefined) untag(parts, image, name, records);
  return records;
}

/**
 * `DELETE /images/{name}`: a name is taken away, and with the last one the image; an id means the image with all its names.
 *
 * @throws not-found, conflict with Docker's words
 */
export async function removeImage(
  parts: RemoveParts,
  ref: string,
  options: RemoveImageOptions = {},
): Promise<ImageDeleteItem[]> {
  const image = parts.storage.find(ref);
  if (isIdText(image.id, ref)) {
    const records: ImageDeleteItem[] = [];
    if (isSingleName(image.names)) {
      const conflict = conflictOf(parts, image.id, { names: false, stopped: !options.force });
      if (conflict !== undefined) throw conflictError(image.id, conflict);
      for (const name of image.names) untag(parts, image, name, records);
    }
    await deleteImage(parts, image.id, options, false, records);
    return records;
  }
  const records = removeByName(parts, image, ref, options.force === true);
  if ((parts.storage.get(image.id)?.names.length ?? 0) > 0) return records;
  await deleteImage(parts, image.id, options, true, records);
  return records;
}

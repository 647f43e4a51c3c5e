import type { Readable } from 'node:stream';
import { BerthError } from '#base/errors.ts';
import type { ImageDeleteItem, ImagePruneReport, ProgressMessage } from '#spec/docker-api/images.ts';
import { checkTag, familiarReference, formatReference, parseReference, withDefaultTag } from '#spec/reference.ts';
import type { NewEvent } from '../events/api.ts';
import type { ImagePlatform, Images } from './api.ts';
import { boolFilter, matchesPruneFilters } from './image-filter.ts';
import type { ImageStorage, LoadedName, StoredImageFacts } from './image-storage.ts';
import { checkPlatform, imageHistory, inspectImage } from './inspect-image.ts';
import { listImages } from './list-images.ts';
import { type ImageUsers, type RemoveParts, removeImage } from './remove-image.ts';

export interface ImagesParts {
  readonly storage: ImageStorage;
  readonly usersOf: (imageId: string) => ImageUsers;
  readonly emit: (event: NewEvent) => void;
}

function imageEvent(parts: ImagesParts, action: string, image: StoredImageFacts | undefined, id: string, name: string) {
  parts.emit({ type: 'image', action, id, attributes: { ...image?.config.config?.Labels, name } });
}

function findFor(storage: ImageStorage, name: string, platform: ImagePlatform | undefined): StoredImageFacts {
  const image = storage.find(name);
  checkPlatform(image, platform, name);
  return image;
}

function tagImage(parts: ImagesParts, name: string, repository: string, tag: string | undefined): void {
  const image = parts.storage.find(name);
  const reference = parseReference(repository);
  if (reference.digest !== undefined)
    throw new BerthError('invalid', 'image.bad-reference', 'refusing to create a tag with a digest reference');
  if (tag !== undefined) checkTag(tag);
  const named = withDefaultTag(tag === undefined ? reference : { ...reference, tag });
  parts.storage.setName(formatReference(named), image.id);
  imageEvent(parts, 'tag', image, image.id, familiarReference(named));
}

function loadedMessage({ name, id, replaced }: LoadedName): ProgressMessage[] {
  if (name === undefined) return [{ stream: `Loaded image ID: ${id}\n` }];
  const familiar = familiarReference(parseReference(name));
  const moved = `The image ${familiar} already exists, renaming the old one with ID ${replaced} to empty string\n`;
  return [...(replaced === undefined ? [] : [{ stream: moved }]), { stream: `Loaded image: ${familiar}\n` }];
}

async function* loadImages(
  parts: ImagesParts,
  archive: Readable,
  abort: AbortSignal | undefined,
): AsyncGenerator<ProgressMessage, void> {
  const loaded: LoadedName[] = [];
  await parts.storage.load(archive, (image) => void loaded.push(image), abort);
  for (const each of loaded) {
    const name = each.name === undefined ? each.id : familiarReference(parseReference(each.name));
    imageEvent(parts, 'load', parts.storage.get(each.id), each.id, name);
    yield* loadedMessage(each);
  }
}

async function saveImages(parts: ImagesParts, names: readonly string[], platform: ImagePlatform | undefined) {
  const wanted = names.map((name) => {
    const image = findFor(parts.storage, name, platform);
    const full = image.names.find((known) => isSameName(known, name));
    return { id: image.id, name: full, shown: name };
  });
  const stream = await parts.storage.save(wanted);
  for (const { id, shown } of wanted) imageEvent(parts, 'save', parts.storage.get(id), id, shown);
  return stream;
}

function isSameName(full: string, text: string): boolean {
  try {
    return familiarReference(parseReference(full)) === familiarReference(withDefaultTag(parseReference(text)));
  } catch {
    // An id is no name.
    return false;
  }
}

async function pruneImages(parts: ImagesParts, filters: Readonly<Record<string, readonly string[]>>) {
  const onlyDangling = boolFilter(filters, 'dangling') ?? true;
  const before = parts.storage.all();
  const layersBefore = new Map(before.flatMap((image) => image.layers.map((layer) => [layer.chainId, layer.size])));
  const deleted: ImageDeleteItem[] = [];
  for (const image of before) {
    if (parts.storage.get(image.id) === undefined) continue;
    const { running, stopped } = parts.usersOf(image.id);
    if (running.length + stopped.length > 0 || parts.storage.childrenOf(image.id).length > 0) continue;
    if ((onlyDangling && image.names.length > 0) || !matchesPruneFilters(filters, image)) continue;
    deleted.push(...(await removeImage(removeParts(parts), image.id, { force: true })));
  }
  const freed = deleted.map((item) => layersBefore.get(item.Deleted ?? '') ?? 0);
  const report: ImagePruneReport = {
    ImagesDeleted: deleted.length === 0 ? null : deleted,
    SpaceReclaimed: freed.reduce((sum, size) => sum + size, 0),
  };
  parts.emit({ type: 'image', action: 'prune', id: '', attributes: { reclaimed: String(report.SpaceReclaimed) } });
  return report;
}

function removeParts(parts: ImagesParts): RemoveParts {
  const emit: RemoveParts['emit'] = (action, image, name) => imageEvent(parts, action, image, image.id, name);
  return { storage: parts.storage, usersOf: parts.usersOf, emit };
}

/** The images of an engine, in the API's shapes and by Docker's rules. */
export function createImages(parts: ImagesParts): Images {
  const { storage } = parts;
  return {
    list: async (query = {}) =>
      listImages(storage, query, (id) => {
        const { running, stopped } = parts.usersOf(id);
        return [...running, ...stopped];
      }),
    inspect: async (name, platform) => inspectImage(storage, findFor(storage, name, platform)),
    history: async (name, platform) => imageHistory(storage, findFor(storage, name, platform)),
    tag: async (name, repository, tag) => tagImage(parts, name, repository, tag),
    remove: (name, options) => removeImage(removeParts(parts), name, options),
    load: (archive, _options, abort) => loadImages(parts, archive, abort),
    save: (names, options) => saveImages(parts, names, options?.platform),
    import: async (tar, options = {}) => {
      const { repository, tag, changes, message = 'Imported from -', platform } = options;
      if (tag !== undefined && tag !== '') checkTag(tag);
      const reference = repository === undefined ? undefined : tag ? `${repository}:${tag}` : repository;
      const id = await storage.importRootfs(tar, { reference, changes, message, platform });
      const image = storage.get(id);
      if (reference !== undefined)
        imageEvent(parts, 'tag', image, id, familiarReference(withDefaultTag(parseReference(reference))));
      imageEvent(parts, 'import', image, id, id);
      return id;
    },
    prune: (filters = {}) => pruneImages(parts, filters),
  };
}

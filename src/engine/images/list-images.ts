import type { ImageListQuery, ImageSummary } from '#spec/docker-api/images.ts';
import { compileImageFilter, createdNs, namesPassing } from './image-filter.ts';
import { splitNames } from './image-names.ts';
import type { ImageStorage, StoredImageFacts } from './image-storage.ts';

/** Bytes of an image's layers that other images have too. */
function sharedSizes(images: readonly StoredImageFacts[]): (image: StoredImageFacts) => number {
  const users = new Map<string, number>();
  for (const image of images) for (const { chainId } of image.layers) users.set(chainId, (users.get(chainId) ?? 0) + 1);
  return (image) =>
    image.layers.filter(({ chainId }) => (users.get(chainId) ?? 0) > 1).reduce((sum, layer) => sum + layer.size, 0);
}

/**
 * `GET /images/json`: newest first; images that are only steps on the way to others are left out unless `all` is set.
 *
 * @param usersOf ids of the containers of an image
 */
export function listImages(
  storage: ImageStorage,
  query: ImageListQuery,
  usersOf: (imageId: string) => readonly string[],
): ImageSummary[] {
  const filters = query.filters ?? {};
  const passes = compileImageFilter(filters, storage);
  const images = storage.all();
  const shared = query.sharedSize ? sharedSizes(images) : () => -1;
  const parents = new Set(images.map((image) => image.parent).filter((parent) => parent !== ''));
  const found = images.flatMap((image) => {
    const hasChildren = parents.has(image.id);
    const names = namesPassing(filters, image);
    if (names === undefined || !passes(image, hasChildren)) return [];
    if (!query.all && image.names.length === 0 && hasChildren) return [];
    return [{ image, names }];
  });
  return found
    .sort((a, b) => compareBig(createdNs(b.image), createdNs(a.image)))
    .map(({ image, names }) => {
      const { tags, digests } = splitNames(names);
      return {
        Id: image.id,
        ParentId: image.parent,
        RepoTags: tags,
        RepoDigests: digests,
        Created: Number(createdNs(image) / 1_000_000_000n),
        Size: image.size,
        SharedSize: shared(image),
        Labels: image.config.config?.Labels ?? null,
        Containers: query.countContainers ? usersOf(image.id).length : -1,
      };
    });
}

function compareBig(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

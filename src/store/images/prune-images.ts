import { isBerthError } from '#base/errors.ts';
import type { ImageDeleteItem, ImagePruneReport } from '#spec/docker-api/images.ts';
import { compileImageFilters, danglingOf, type Filters } from './image-filters.ts';
import { type RemoveImageParts, removeImage } from './remove-image.ts';

/**
 * Removes images that no container uses: those without a name, or with `dangling=false` all.
 *
 * @throws invalid for bad filters
 */
export async function pruneImages(parts: RemoveImageParts, filters: Filters = {}): Promise<ImagePruneReport> {
  const onlyDangling = danglingOf(filters) ?? true;
  const { dangling: _dangling, ...rest } = filters;
  const filter = compileImageFilters(parts.table, rest);
  const deleted: ImageDeleteItem[] = [];
  let reclaimed = 0;
  const collect = async () => {
    const collected = await parts.collect();
    reclaimed += collected.layerBytes;
    return collected;
  };
  for (const row of parts.table.all()) {
    const names = parts.table.namesOf(row.id);
    if (onlyDangling && names.some((name) => !name.includes('@'))) continue;
    if (names.length === 0 && parts.table.isPlatformOfName(row.id)) continue;
    if (parts.users(row.id).length > 0 || parts.table.childrenOf(row.id).length > 0) continue;
    if (filter(row, names) === undefined) continue;
    try {
      const texts = names.length === 0 ? [row.id] : names;
      for (const text of texts) deleted.push(...(await removeImage({ ...parts, collect }, text)));
    } catch (error) {
      // Taken into use or removed meanwhile: not ours to take any more.
      if (!isBerthError(error, 'conflict') && !isBerthError(error, 'not-found')) throw error;
    }
  }
  // Also what was left by work that never ended, downloads that broke off among it.
  await collect();
  return { ImagesDeleted: deleted.length === 0 ? null : deleted, SpaceReclaimed: reclaimed };
}

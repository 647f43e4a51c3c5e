import type { ImageListQuery, ImageSummary } from '#spec/docker-api/images.ts';
import { parseImageConfig } from '#spec/oci-image/image-config.ts';
import { familiarName, familiarReference, parseReference } from '#spec/reference.ts';
import type { ImageTable } from '../metadata/image-table.ts';
import type { LayerTable } from '../metadata/layer-table.ts';
import { createdMs, createdSeconds } from './created.ts';
import { compileImageFilters, danglingOf } from './image-filters.ts';

/** Counts the containers of each image by id; absent where nobody asked. */
export type ContainerCounts = ReadonlyMap<string, number>;

/**
 * Images as `GET /images/json` lists them, newest first.
 *
 * @throws invalid for bad filters
 */
export function listImages(
  images: ImageTable,
  layers: LayerTable,
  query: ImageListQuery = {},
  containers?: ContainerCounts,
): ImageSummary[] {
  const filters = query.filters ?? {};
  const filter = compileImageFilters(images, filters);
  const rows = images.all();
  const parents = new Set(rows.map(({ parent }) => parent));
  const shared = query.sharedSize === true ? sharedSizes(images, layers) : undefined;
  const namesOf = Map.groupBy(images.names(), ({ imageId }) => imageId);
  const summaries: ImageSummary[] = [];
  const created = new Map<string, number>();
  for (const row of rows) {
    const names = (namesOf.get(row.id) ?? []).map(({ name }) => name);
    // A name leads to the image for this machine; those for others stand behind it.
    if (names.length === 0 && query.all !== true && images.isPlatformOfName(row.id)) continue;
    // Images that others were committed from are steps on the way, unless someone named them.
    if (names.length === 0 && query.all !== true && parents.has(row.id) && danglingOf(filters) !== true) continue;
    const left = filter(row, names);
    if (left === undefined) continue;
    const config = parseImageConfig(row.config);
    created.set(row.id, createdMs(config));
    summaries.push({
      Id: row.id,
      ParentId: row.parent,
      ...splitNames(left.names),
      Created: createdSeconds(config),
      Size: row.size,
      SharedSize: shared?.get(row.id) ?? -1,
      Labels: config.config?.Labels ?? null,
      Containers: containers === undefined ? -1 : (containers.get(row.id) ?? 0),
    });
  }
  return summaries.sort((a, b) => created.get(b.Id)! - created.get(a.Id)! || (a.Id < b.Id ? -1 : 1));
}

/** Names as the API shows them, tags apart from digests. */
export function splitNames(names: readonly string[]): { RepoTags: string[]; RepoDigests: string[] } {
  const references = names.map(parseReference);
  return {
    RepoTags: references.filter(({ digest }) => digest === undefined).map(familiarReference),
    RepoDigests: references
      .filter(({ digest }) => digest !== undefined)
      .map((reference) => `${familiarName(reference)}@${reference.digest}`),
  };
}

/** Bytes of each image's layers that another image has too. */
export function sharedSizes(images: ImageTable, layers: LayerTable): Map<string, number> {
  const rows = images.all();
  const chains = new Map(rows.map((row) => [row.id, layers.chain(row.topLayer)]));
  const users = new Map<string, number>();
  for (const chain of chains.values()) {
    for (const { chainId } of chain) users.set(chainId, (users.get(chainId) ?? 0) + 1);
  }
  const sizes = new Map<string, number>();
  for (const [id, chain] of chains) {
    sizes.set(
      id,
      chain.reduce((sum, layer) => sum + ((users.get(layer.chainId) ?? 0) > 1 ? layer.size : 0), 0),
    );
  }
  return sizes;
}

import { formatTimeNs, ZERO_TIME } from '#base/time.ts';
import type { ImageHistoryItem, ImageInspect, ImageRunConfig } from '#spec/docker-api/images.ts';
import { RUN_CONFIG_KEYS } from '#spec/docker-api/run-config-keys.ts';
import type { LayerDirectory } from '../drivers/driver.ts';
import type { ImageTable } from '../metadata/image-table.ts';
import type { LayerRow } from '../metadata/layer-table.ts';
import { createdSeconds } from './created.ts';
import type { StoredImage } from './image-store.ts';
import { splitNames } from './list-images.ts';

/** What an image says to its containers; what it leaves unsaid is left out. */
function shownConfig(config: ImageRunConfig): ImageRunConfig {
  const isSaid = (value: unknown) =>
    typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : Boolean(value);
  return Object.fromEntries(RUN_CONFIG_KEYS.map((key) => [key, config[key]]).filter(([, value]) => isSaid(value)));
}

/** An image as `GET /images/{name}/json` describes it. */
export function inspectImage(
  table: ImageTable,
  image: StoredImage,
  directories: readonly LayerDirectory[],
  driver: string,
): ImageInspect {
  const { config, row } = image;
  const [top, ...lower] = directories.map(({ path }) => path);
  const version = config['os.version'];
  const comment = config.comment ?? config.history?.at(-1)?.comment ?? '';
  return {
    Id: image.id,
    ...splitNames(table.namesOf(image.id)),
    Parent: row.parent,
    Comment: comment,
    ...(config.created === undefined ? {} : { Created: config.created }),
    DockerVersion: config.docker_version ?? '',
    Author: config.author ?? '',
    Config: shownConfig(config.config ?? {}),
    Architecture: config.architecture,
    ...(config.variant === undefined ? {} : { Variant: config.variant }),
    Os: config.os,
    ...(version === undefined ? {} : { OsVersion: version }),
    Size: row.size,
    GraphDriver: {
      Name: driver,
      Data: top === undefined ? null : { UpperDir: top, ...(lower.length === 0 ? {} : { LowerDir: lower.join(':') }) },
    },
    RootFS: { Type: 'layers', Layers: config.rootfs.diff_ids },
    Metadata: { LastTagTime: row.taggedMs === 0 ? ZERO_TIME : formatTimeNs(BigInt(row.taggedMs) * 1_000_000n) },
  };
}

/**
 * The steps of an image's making, newest first, as `GET /images/{name}/history` lists them.
 *
 * @param chain the image's layers, topmost first
 */
export function imageHistory(table: ImageTable, image: StoredImage, chain: readonly LayerRow[]): ImageHistoryItem[] {
  const layers = [...chain].reverse();
  let next = 0;
  const items = (image.config.history ?? []).map((entry) => ({
    Id: '<missing>',
    Created: createdSeconds({ ...(entry.created === undefined ? {} : { created: entry.created }) }),
    CreatedBy: entry.created_by ?? '',
    Tags: null as readonly string[] | null,
    Size: entry.empty_layer === true ? 0 : (layers[next++]?.size ?? 0),
    Comment: entry.comment ?? '',
  }));
  items.reverse();
  // Steps that are images here have ids: this one, and those it was committed from.
  let id = image.id;
  for (const item of items) {
    if (id === '') break;
    item.Id = id;
    const { RepoTags } = splitNames(table.namesOf(id));
    if (RepoTags.length > 0) item.Tags = RepoTags;
    id = table.get(id)?.parent ?? '';
  }
  return items;
}

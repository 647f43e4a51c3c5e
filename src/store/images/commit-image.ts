import { formatTimeNs, nowNs } from '#base/time.ts';
import type { ImageRunConfig } from '#spec/docker-api/images.ts';
import { applyChanges } from '#spec/dockerfile/apply-changes.ts';
import { type ImageConfig, parseImageConfig } from '#spec/oci-image/image-config.ts';
import { OCI_LAYER } from '#spec/oci-image/media-types.ts';
import { hostPlatform } from '#spec/platform.ts';
import { parseReference } from '#spec/reference.ts';
import type { ContentStore } from '../content/content-store.ts';
import type { LayerStore } from '../layers/layer-store.ts';
import type { Database } from '../metadata/database.ts';
import { openLease } from '../metadata/leases.ts';
import type { SnapshotStore } from '../snapshots.ts';
import type { FileWorkers } from '../worker/file-workers.ts';
import type { ImageStore, PutImage } from './image-store.ts';
import { nameKey } from './resolve.ts';

export interface CommitOptions {
  /** Name and perhaps tag of the new image. */
  readonly reference?: string | undefined;
  /** The container's configuration as far as images have it. */
  readonly config: ImageRunConfig;
  /** Dockerfile instructions applied to it. */
  readonly changes?: readonly string[] | undefined;
  readonly author?: string | undefined;
  readonly comment?: string | undefined;
  /** What the container runs, for the history. */
  readonly createdBy?: string | undefined;
}

export interface CommitParts {
  readonly db: Database;
  readonly content: ContentStore;
  readonly layers: LayerStore;
  readonly images: ImageStore;
  readonly snapshots: SnapshotStore;
  readonly workers: FileWorkers;
}

/**
 * Makes an image of a container's changes over the image it came from. The caller keeps the container from writing meanwhile.
 *
 * @throws not-found for a container without a root filesystem, invalid for a bad name or change
 */
export async function commitImage(parts: CommitParts, containerId: string, options: CommitOptions): Promise<PutImage> {
  const names = options.reference === undefined ? [] : [nameKey(parseReference(options.reference))];
  const runConfig = applyChanges(options.config, options.changes ?? []);
  const job = parts.snapshots.changesJob(containerId);
  const snapshot = parts.snapshots.require(containerId);
  using lease = openLease(parts.db);
  if (snapshot.topLayer !== undefined) lease.hold('layer', snapshot.topLayer);
  const path = parts.content.temporaryPath();
  const blob = await parts.workers.run('packChanges', { ...job, path });
  const source = { blob, isKept: false, mediaType: OCI_LAYER, diffId: blob.digest };
  const layer = await parts.layers.ensure(source, snapshot.topLayer, lease);
  const parentRow = parts.images.table.get(snapshot.imageId);
  const parent = parentRow === undefined ? undefined : parseImageConfig(parentRow.config);
  const diffIds = parts.layers.table
    .chain(layer.chainId)
    .reverse()
    .map(({ diffId }) => diffId);
  const config = configOf(parent, diffIds, runConfig, options);
  return parts.images.put(JSON.stringify(config), layer.chainId, parentRow?.id ?? '', names, lease);
}

function configOf(
  parent: ImageConfig | undefined,
  diffIds: readonly string[],
  config: ImageRunConfig,
  { author = '', comment = '', createdBy = '' }: CommitOptions,
): ImageConfig {
  const created = formatTimeNs(nowNs());
  const platform = parent ?? hostPlatform();
  const { architecture, os, variant } = platform;
  // Of an image that was removed by force only the layers are left.
  const unknownSteps = diffIds.slice(1).map(() => ({ comment: 'layer of a removed image' }));
  const entry = {
    created,
    created_by: createdBy,
    ...(author === '' ? {} : { author }),
    ...(comment === '' ? {} : { comment }),
  };
  return {
    created,
    ...(author === '' ? {} : { author }),
    architecture,
    os,
    ...(variant === undefined ? {} : { variant }),
    config,
    rootfs: { type: 'layers', diff_ids: diffIds },
    history: [...(parent === undefined ? unknownSteps : (parent.history ?? [])), entry],
    ...(comment === '' ? {} : { comment }),
  };
}

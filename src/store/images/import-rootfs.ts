import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { formatTimeNs, nowNs } from '#base/time.ts';
import type { ImageRunConfig } from '#spec/docker-api/images.ts';
import { applyChanges } from '#spec/dockerfile/apply-changes.ts';
import type { ImageConfig } from '#spec/oci-image/image-config.ts';
import { OCI_LAYER } from '#spec/oci-image/media-types.ts';
import { parsePlatform } from '#spec/platform.ts';
import { parseReference } from '#spec/reference.ts';
import type { ContentStore } from '../content/content-store.ts';
import { removeDirectory } from '../drivers/remove-directory.ts';
import { AheadUnpacker } from '../layers/ahead-unpacker.ts';
import type { LayerStore } from '../layers/layer-store.ts';
import type { Database } from '../metadata/database.ts';
import type { LayerRow } from '../metadata/layer-table.ts';
import { type Lease, openLease } from '../metadata/leases.ts';
import type { FileWorkers } from '../worker/file-workers.ts';
import { runWithSource } from '../worker/run-with-source.ts';
import type { ImageStore, PutImage } from './image-store.ts';
import { nameKey } from './resolve.ts';

export interface ImportOptions {
  /** Name and perhaps tag of the image. */
  readonly reference?: string | undefined;
  /** Dockerfile instructions applied to an empty configuration. */
  readonly changes?: readonly string[] | undefined;
  readonly message?: string | undefined;
  /** `os[/architecture[/variant]]`; this machine's when absent. */
  readonly platform?: string | undefined;
}

export interface ImportParts {
  readonly db: Database;
  readonly content: ContentStore;
  readonly layers: LayerStore;
  readonly images: ImageStore;
  readonly workers: FileWorkers;
}

/**
 * Makes an image of one layer from the tar archive of a root filesystem, plain or compressed.
 *
 * @throws invalid for a bad name, change or archive; nothing is left behind then
 */
export async function importRootfs(
  parts: ImportParts,
  tar: AsyncIterable<Uint8Array>,
  options: ImportOptions,
): Promise<PutImage> {
  const names = options.reference === undefined ? [] : [nameKey(parseReference(options.reference))];
  const runConfig: ImageRunConfig = applyChanges({}, options.changes ?? []);
  const platform = parsePlatform(options.platform);
  using lease = openLease(parts.db);
  const layer = await storeLayer(parts, tar, lease);
  const created = formatTimeNs(nowNs());
  const comment = options.message ?? '';
  const config: ImageConfig = {
    created,
    ...platform,
    config: runConfig,
    rootfs: { type: 'layers', diff_ids: [layer.diffId] },
    history: [{ created, ...(comment === '' ? {} : { comment }) }],
    ...(comment === '' ? {} : { comment }),
  };
  return parts.images.put(JSON.stringify(config), layer.chainId, '', names, lease);
}

/** The archive is unpacked while it comes. */
async function storeLayer(
  { content, layers, workers }: ImportParts,
  tar: AsyncIterable<Uint8Array>,
  lease: Lease,
): Promise<LayerRow> {
  const directory = content.temporaryPath();
  mkdirSync(directory, { mode: 0o700 });
  try {
    await using ahead = new AheadUnpacker({ workers, whiteouts: () => layers.whiteouts() }, directory);
    const job = { path: join(directory, '0'), growth: ahead.growth };
    const blob = await runWithSource(workers, 'spoolBlob', job, tar, () => ahead.begin());
    await ahead.finish();
    const unpacked = ahead.take(blob.path, blob.digest);
    const source = { blob, isKept: false, mediaType: OCI_LAYER, diffId: undefined, unpacked };
    return await layers.ensure(source, undefined, lease);
  } finally {
    await removeDirectory(directory, workers);
  }
}

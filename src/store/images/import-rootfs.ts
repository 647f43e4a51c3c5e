import { formatTimeNs, nowNs } from '#base/time.ts';
import type { ImageRunConfig } from '#spec/docker-api/images.ts';
import { applyChanges } from '#spec/dockerfile/apply-changes.ts';
import type { ImageConfig } from '#spec/oci-image/image-config.ts';
import { OCI_LAYER } from '#spec/oci-image/media-types.ts';
import { parsePlatform } from '#spec/platform.ts';
import { parseReference } from '#spec/reference.ts';
import type { ContentStore } from '../content/content-store.ts';
import { spoolStream } from '../content/spool-stream.ts';
import type { LayerStore } from '../layers/layer-store.ts';
import type { Database } from '../metadata/database.ts';
import { openLease } from '../metadata/leases.ts';
import type { FileWorkers } from '../worker/file-workers.ts';
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
  const blob = await spoolStream(parts.workers, parts.content, tar);
  const source = { blob, isKept: false, mediaType: OCI_LAYER, diffId: undefined };
  const layer = await parts.layers.ensure(source, undefined, lease);
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

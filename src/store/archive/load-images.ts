import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { BerthError } from '#base/errors.ts';
import { shortId } from '#base/ids.ts';
import type { ProgressMessage } from '#spec/docker-api/images.ts';
import { parseImageConfig } from '#spec/oci-image/image-config.ts';
import { type HostPlatform, matchesPlatform } from '#spec/platform.ts';
import { familiarReference, parseReference, withDefaultTag } from '#spec/reference.ts';
import type { ContentStore } from '../content/content-store.ts';
import { removeDirectory } from '../drivers/remove-directory.ts';
import type { ImageStore } from '../images/image-store.ts';
import { nameKey } from '../images/resolve.ts';
import { AheadUnpacker } from '../layers/ahead-unpacker.ts';
import type { LayerSource, LayerStore } from '../layers/layer-store.ts';
import type { Database } from '../metadata/database.ts';
import { type Lease, openLease } from '../metadata/leases.ts';
import type { FileWorkers } from '../worker/file-workers.ts';
import { runWithSource } from '../worker/run-with-source.ts';
import type { ArchiveImage, ArchiveLayer } from './archive-image.ts';
import { DOCKER_MANIFEST_FILE, readDockerArchive } from './docker-archive.ts';
import { type LegacyImage, REPOSITORIES_FILE, readLegacyArchive } from './legacy-archive.ts';
import { noPlatform, OCI_INDEX_FILE, readOciLayout } from './oci-layout.ts';
import { SpooledArchive, type SpooledMember } from './spooled-archive.ts';

export interface LoadParts {
  readonly db: Database;
  readonly content: ContentStore;
  readonly layers: LayerStore;
  readonly images: ImageStore;
  readonly workers: FileWorkers;
}

export interface LoadOptions {
  readonly platform?: HostPlatform | undefined;
  /** Called with what Docker's API reports while it loads. */
  readonly progress?: ((message: ProgressMessage) => void) | undefined;
}

/** An image that was stored. */
export interface LoadedImage {
  readonly id: string;
  /** As people write them. */
  readonly names: readonly string[];
}

/**
 * Stores the images of an archive: docker-archive of any age or OCI image layout, plain or compressed.
 *
 * @param source the archive, or the path of a folder with an OCI image layout
 * @throws invalid for a damaged, hostile or foreign archive; images before the bad one stay
 */
export async function loadImages(
  parts: LoadParts,
  source: AsyncIterable<Uint8Array> | string,
  options: LoadOptions = {},
): Promise<LoadedImage[]> {
  const directory = parts.content.temporaryPath();
  mkdirSync(directory, { mode: 0o700 });
  try {
    using lease = openLease(parts.db);
    await using ahead = new AheadUnpacker(
      { workers: parts.workers, whiteouts: () => parts.layers.whiteouts() },
      directory,
    );
    const archive = new SpooledArchive(await spool(parts, source, directory, ahead));
    const loaded: LoadedImage[] = [];
    for (const image of findImages(archive, options.platform)) {
      loaded.push(await storeImage(parts, image, ahead, lease, options.progress ?? (() => {})));
    }
    return loaded;
  } finally {
    await removeDirectory(directory, parts.workers);
  }
}

async function spool(
  { workers, content }: LoadParts,
  source: AsyncIterable<Uint8Array> | string,
  directory: string,
  ahead: AheadUnpacker,
): Promise<SpooledMember[]> {
  if (typeof source === 'string') return await workers.run('spoolFolder', { from: source, directory });
  const job = { directory, known: content.sizes(), blobs: content.directory, growth: ahead.growth };
  const members = await runWithSource(workers, 'spoolArchive', job, source, () => ahead.begin());
  await ahead.finish();
  return members;
}

/** @throws not-found when a platform is wanted that the archive has no image for */
function findImages(archive: SpooledArchive, platform: HostPlatform | undefined): (ArchiveImage | LegacyImage)[] {
  // An archive of both forms lists images for other platforms in its index only.
  if (platform !== undefined && archive.has(OCI_INDEX_FILE)) return readOciLayout(archive, platform);
  const images = readImages(archive, platform);
  if (platform === undefined) return images;
  const fits = (image: ArchiveImage | LegacyImage) =>
    !('config' in image) || matchesPlatform(parseImageConfig(image.config), platform);
  const fitting = images.filter(fits);
  if (fitting.length === 0) throw noPlatform(images[0]?.names ?? [], platform);
  return fitting;
}

function readImages(archive: SpooledArchive, platform: HostPlatform | undefined): (ArchiveImage | LegacyImage)[] {
  if (archive.has(DOCKER_MANIFEST_FILE)) return readDockerArchive(archive);
  if (archive.has(OCI_INDEX_FILE)) return readOciLayout(archive, platform);
  if (archive.has(REPOSITORIES_FILE) || archive.paths().some((path) => path.endsWith('/layer.tar'))) {
    return readLegacyArchive(archive);
  }
  const words = 'invalid archive: it holds no image (no manifest.json, index.json or repositories)';
  throw new BerthError('invalid', 'archive.no-image', words, {
    hint: 'a root filesystem becomes an image with `berth import`',
  });
}

async function storeImage(
  parts: LoadParts,
  image: ArchiveImage | LegacyImage,
  ahead: AheadUnpacker,
  lease: Lease,
  progress: (message: ProgressMessage) => void,
): Promise<LoadedImage> {
  const references = image.names.map((name) => withDefaultTag(parseReference(name)));
  const expected = 'config' in image ? parseImageConfig(image.config).rootfs.diff_ids : undefined;
  const sources = image.layers.map((layer, i) => toSource(parts.content, layer, expected?.[i], ahead, lease));
  const stack = await parts.layers.ensureStack(sources, lease, (source, done) => {
    const total = source.blob.size;
    const id = shortId(source.diffId ?? source.blob.digest);
    progress({ status: 'Loading layer', id, progressDetail: { current: done ? total : 0, total } });
  });
  const config = 'config' in image ? image.config : image.configOf(stack.map(({ diffId }) => diffId));
  const put = parts.images.put(config, stack.at(-1)?.chainId, '', references.map(nameKey), lease);
  for (const { name, before } of put.replaced) {
    const words = `The image ${familiarReference(parseReference(name))} already exists, renaming the old one with ID ${before} to empty string\n`;
    progress({ stream: words });
  }
  const names = references.map(familiarReference);
  for (const name of names) progress({ stream: `Loaded image: ${name}\n` });
  if (names.length === 0) progress({ stream: `Loaded image ID: ${put.id}\n` });
  return { id: put.id, names };
}

function toSource(
  content: ContentStore,
  layer: ArchiveLayer,
  diffId: string | undefined,
  ahead: AheadUnpacker,
  lease: Lease,
): LayerSource {
  const { digest, size, file } = layer.member;
  // Held before it is looked for, so that it cannot be collected in between.
  lease.hold('blob', digest);
  const isKept = content.sizeOf(digest) !== undefined;
  if (!isKept && dirname(file) === content.directory) {
    const words = `layer ${digest} was removed from the store while the archive was read`;
    throw new BerthError('unavailable', 'archive.raced', words, { hint: 'load it again' });
  }
  const path = isKept ? content.pathOf(digest) : file;
  const unpacked = ahead.take(file, digest);
  return { blob: { path, digest, size }, isKept, mediaType: layer.mediaType, diffId, unpacked };
}

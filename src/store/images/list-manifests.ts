import type { ImageManifests, ManifestDescriptor, ManifestSummary } from '#spec/docker-api/image-manifests.ts';
import { parseImageConfig } from '#spec/oci-image/image-config.ts';
import { INDEX_DEPTH_MAX } from '#spec/oci-image/limits.ts';
import { type Descriptor, parseIndex, parseManifest } from '#spec/oci-image/manifest.ts';
import { isIndexType, isManifestType, OCI_MANIFEST } from '#spec/oci-image/media-types.ts';
import { type ContentStore, digestOf } from '../content/content-store.ts';
import type { ImageRow } from '../metadata/image-table.ts';
import type { LayerRow, LayerTable } from '../metadata/layer-table.ts';
import type { ImageStore } from './image-store.ts';
import { layerDescriptor, ownManifest } from './own-manifest.ts';

export interface ManifestParts {
  readonly content: ContentStore;
  readonly images: ImageStore;
  readonly layers: LayerTable;
  /** Ids of containers made from an image. */
  readonly usersOf: (imageId: string) => readonly string[];
}

/** How BuildKit marks what it says about another manifest of an index. */
const REFERENCE_TYPE = 'vnd.docker.reference.type';
const REFERENCE_DIGEST = 'vnd.docker.reference.digest';

/** What is behind the names of an image: all manifests of their index, or the image's own. */
export interface BehindName extends ImageManifests {
  /** Bytes of all of it here, what manifests share counted once. */
  readonly total: number;
}

/**
 * Lists the manifests of an image, those of other platforms too when a name of it stands for an index.
 *
 * @param id of the image that the names lead to
 */
export function manifestsBehind(parts: ManifestParts, id: string): BehindName {
  const { content, images } = parts;
  const row = images.table.get(id)!;
  const sizes = new Map<string, number>();
  const list = images.table
    .namesOf(id)
    .flatMap((name) => images.table.platformsOf(name))
    .find((platform) => content.sizeOf(platform.list) !== undefined)?.list;
  if (list === undefined) {
    const { descriptor, summary } = ownSummary(parts, row, sizes);
    return { Descriptor: descriptor, Manifests: [summary], total: sum(sizes.values()) };
  }
  const descriptor = { mediaType: typeOfIndex(parts, list), digest: list, size: note(content, list, sizes) };
  const entries = entriesOf(content, list, sizes, 0);
  const summaries = entries.map((entry) => summarize(parts, entry, sizes));
  return { Descriptor: descriptor, Manifests: summaries, total: sum(sizes.values()) };
}

function typeOfIndex({ content }: ManifestParts, digest: string): string {
  return parseIndex(content.readText(digest)).mediaType;
}

/** Manifests of an index, with those of the indexes inside it that are here. */
function entriesOf(content: ContentStore, digest: string, sizes: Map<string, number>, depth: number): Descriptor[] {
  return parseIndex(content.readText(digest)).manifests.flatMap((entry) => {
    if (!isIndexType(entry.mediaType)) return [entry];
    const isHere = content.sizeOf(entry.digest) !== undefined && depth < INDEX_DEPTH_MAX;
    if (isHere) note(content, entry.digest, sizes);
    return isHere ? entriesOf(content, entry.digest, sizes, depth + 1) : [];
  });
}

function summarize(parts: ManifestParts, entry: Descriptor, sizes: Map<string, number>): ManifestSummary {
  const { content, images } = parts;
  const what = { ID: entry.digest, Descriptor: entry };
  const size = content.sizeOf(entry.digest) === undefined ? 0 : note(content, entry.digest, sizes);
  const about = entry.annotations?.[REFERENCE_DIGEST];
  if (entry.annotations?.[REFERENCE_TYPE] === 'attestation-manifest' && about !== undefined) {
    const attestation = { Kind: 'attestation', AttestationData: { For: about } } as const;
    return { ...what, Available: size > 0, Size: { Content: size, Total: size }, ...attestation };
  }
  if (!isManifestType(entry.mediaType)) {
    return { ...what, Available: size > 0, Size: { Content: size, Total: size }, Kind: 'unknown' };
  }
  const row = size === 0 ? undefined : images.table.get(parseManifest(content.readText(entry.digest)).config.digest);
  if (row !== undefined) return imageSummary(parts, row, entry, sizes);
  const Platform = entry.platform ?? { os: 'unknown', architecture: 'unknown' };
  const ImageData = { Platform, Containers: [], Size: { Unpacked: 0 }, UnpackedSize: 0 };
  return { ...what, Available: false, Size: { Content: size, Total: size }, Kind: 'image', ImageData };
}

/** An image behind whose names is no index: the manifest that a registry has for it, else the one that `save` would write. */
function ownSummary(
  parts: ManifestParts,
  row: ImageRow,
  sizes: Map<string, number>,
): { readonly descriptor: ManifestDescriptor; readonly summary: ManifestSummary } {
  const { content, images, layers } = parts;
  const kept = images
    .manifestsOf(row.id)
    .find(({ mediaType, digest }) => isManifestType(mediaType) && content.sizeOf(digest) !== undefined);
  if (kept !== undefined) {
    const descriptor = { ...kept, size: note(content, kept.digest, sizes) };
    return { descriptor, summary: imageSummary(parts, row, descriptor, sizes) };
  }
  const found = layers
    .chain(row.topLayer)
    .reverse()
    .flatMap((layer) => layerDescriptor(content, layer) ?? []);
  const bytes = ownManifest(row.id, row.config, found);
  const descriptor = { mediaType: OCI_MANIFEST, digest: digestOf(bytes), size: bytes.length };
  return { descriptor, summary: imageSummary(parts, row, descriptor, sizes) };
}

function imageSummary(
  { content, layers, usersOf }: ManifestParts,
  row: ImageRow,
  entry: Descriptor,
  sizes: Map<string, number>,
): ManifestSummary {
  const chain = layers.chain(row.topLayer);
  const blobs = new Set([entry.digest, row.id, ...chain.map(({ blob }) => blob)]);
  const bytes = sum([...blobs].map((digest) => note(content, digest, sizes)));
  const unpacked = sum(chain.map((layer) => noteLayer(layer, sizes)));
  const { os, architecture, variant } = parseImageConfig(row.config);
  return {
    ID: entry.digest,
    Descriptor: entry,
    Available: chain.every(({ blob }) => content.sizeOf(blob) !== undefined),
    Size: { Content: bytes, Total: bytes + unpacked },
    Kind: 'image',
    ImageData: {
      Platform: entry.platform ?? { os, architecture, ...(variant === undefined ? {} : { variant }) },
      Containers: usersOf(row.id),
      Size: { Unpacked: unpacked },
      UnpackedSize: unpacked,
    },
  };
}

function note(content: ContentStore, digest: string, sizes: Map<string, number>): number {
  const size = content.sizeOf(digest) ?? 0;
  sizes.set(digest, size);
  return size;
}

function noteLayer({ chainId, size }: LayerRow, sizes: Map<string, number>): number {
  sizes.set(`layer ${chainId}`, size);
  return size;
}

function sum(values: Iterable<number>): number {
  return [...values].reduce((total, value) => total + value, 0);
}

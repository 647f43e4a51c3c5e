import type { Descriptor } from '#spec/oci-image/manifest.ts';
import { OCI_CONFIG, OCI_LAYER, OCI_LAYER_GZIP, OCI_LAYER_ZSTD, OCI_MANIFEST } from '#spec/oci-image/media-types.ts';
import { detectFileCompression } from '../archive/read-blob.ts';
import type { ContentStore } from '../content/content-store.ts';
import type { LayerRow } from '../metadata/layer-table.ts';

const LAYER_TYPES = { none: OCI_LAYER, gzip: OCI_LAYER_GZIP, zstd: OCI_LAYER_ZSTD } as const;

/** The descriptor of a layer's archive as it lies in the store; undefined when its blob is missing. */
export function layerDescriptor(content: ContentStore, { blob }: LayerRow): Descriptor | undefined {
  const size = content.sizeOf(blob);
  if (size === undefined) return undefined;
  return { mediaType: LAYER_TYPES[detectFileCompression(content.pathOf(blob))], digest: blob, size };
}

/** The OCI manifest of an image whose layers are sent as they lie in the store: the same image gives the same bytes. */
export function ownManifest(id: string, config: string, layers: readonly Descriptor[]): Buffer {
  const descriptor = { mediaType: OCI_CONFIG, digest: id, size: Buffer.byteLength(config) };
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config: descriptor, layers }));
}

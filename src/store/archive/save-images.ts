import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { BerthError } from '#base/errors.ts';
import type { Descriptor } from '#spec/oci-image/manifest.ts';
import { OCI_INDEX, OCI_MANIFEST } from '#spec/oci-image/media-types.ts';
import { familiarReference, formatReference, fullName, parseReference, parseReferenceOrId } from '#spec/reference.ts';
import { encodeTarHeader, plainEntry, TAR_END, tarPadding } from '#spec/tar/tar-writer.ts';
import { type ContentStore, digestOf } from '../content/content-store.ts';
import type { ImageStore, StoredImage } from '../images/image-store.ts';
import { layerDescriptor, ownManifest } from '../images/own-manifest.ts';
import type { LayerStore } from '../layers/layer-store.ts';
import type { Database } from '../metadata/database.ts';
import { type Lease, openLease } from '../metadata/leases.ts';

export interface SaveParts {
  readonly db: Database;
  readonly content: ContentStore;
  readonly layers: LayerStore;
  readonly images: ImageStore;
}

interface Member {
  readonly path: string;
  readonly size: number;
  /** Bytes, or the digest of the blob that has them. */
  readonly from: Buffer | { readonly digest: string };
}

interface SavedImage {
  readonly image: StoredImage;
  /** Full names with tags. */
  readonly names: Set<string>;
}

/**
 * An archive of images that is a docker-archive and an OCI image layout at once, as Docker 25 and later write it. The same
 * images give the same bytes. Layers are stored as they came, compressed or not.
 *
 * @param names references, ids or repositories (then all their tags)
 * @throws not-found
 */
export function saveImages(parts: SaveParts, names: readonly string[]): Readable {
  if (names.length === 0) throw new BerthError('invalid', 'image.no-name', 'no image to save was named');
  const saved = collect(parts, names);
  const lease = openLease(parts.db);
  try {
    const members = describe(parts, saved, lease);
    return Readable.from(write(parts.content, members, lease), { objectMode: false });
  } catch (error) {
    lease[Symbol.dispose]();
    throw error;
  }
}

function collect({ images }: SaveParts, texts: readonly string[]): SavedImage[] {
  const saved = new Map<string, SavedImage>();
  const add = (image: StoredImage, name?: string) => {
    const entry = saved.get(image.id) ?? { image, names: new Set<string>() };
    if (name !== undefined) entry.names.add(name);
    saved.set(image.id, entry);
  };
  for (const text of texts) {
    const parsed = parseReferenceOrId(text);
    if ('id' in parsed || parsed.digest !== undefined) {
      add(images.resolve(text));
      continue;
    }
    const tagged = images.table.names().filter(({ name }) => {
      const { tag } = parseReference(name);
      return tag !== undefined && fullName(parseReference(name)) === fullName(parsed) && (parsed.tag ?? tag) === tag;
    });
    // Without a tag a repository stands for all its tags, as for `docker save`.
    if (tagged.length > 0) for (const { name, imageId } of tagged) add(images.resolve(imageId), name);
    else add(images.resolve(text));
  }
  return [...saved.values()];
}

function describe(parts: SaveParts, saved: readonly SavedImage[], lease: Lease): Member[] {
  const members = new Map<string, Member>();
  const addBytes = (path: string, bytes: Buffer) => members.set(path, { path, size: bytes.length, from: bytes });
  const index: object[] = [];
  const docker: object[] = [];
  for (const { image, names } of saved) {
    const config = Buffer.from(image.row.config);
    addBytes(blobName(image.id), config);
    const layers = layersOf(parts, image, lease, members);
    const bytes = ownManifest(image.id, image.row.config, layers);
    const digest = digestOf(bytes);
    addBytes(blobName(digest), bytes);
    const descriptor = { mediaType: OCI_MANIFEST, digest, size: bytes.length };
    const references = [...names].map(parseReference);
    if (references.length === 0) index.push(descriptor);
    for (const reference of references) {
      const annotations = {
        'io.containerd.image.name': formatReference(reference),
        'org.opencontainers.image.ref.name': reference.tag,
      };
      index.push({ ...descriptor, annotations });
    }
    docker.push({
      Config: blobName(image.id),
      RepoTags: references.length === 0 ? null : references.map(familiarReference),
      Layers: layers.map((layer) => blobName(layer.digest)),
    });
  }
  const json = (value: unknown) => Buffer.from(JSON.stringify(value));
  addBytes('index.json', json({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: index }));
  addBytes('manifest.json', json(docker));
  addBytes('oci-layout', json({ imageLayoutVersion: '1.0.0' }));
  return [...members.values()];
}

function layersOf(
  { content, layers }: SaveParts,
  image: StoredImage,
  lease: Lease,
  members: Map<string, Member>,
): Descriptor[] {
  return layers.table
    .chain(image.row.topLayer)
    .reverse()
    .map((row) => {
      const { blob } = row;
      lease.hold('blob', blob);
      const layer = layerDescriptor(content, row);
      if (layer === undefined)
        throw new BerthError('data-loss', 'blob.missing', `layer ${blob} is missing from the store`);
      members.set(blobName(blob), { path: blobName(blob), size: layer.size, from: { digest: blob } });
      return layer;
    });
}

async function* write(content: ContentStore, members: readonly Member[], lease: Lease): AsyncGenerator<Uint8Array> {
  try {
    for (const directory of ['blobs/', 'blobs/sha256/']) {
      yield encodeTarHeader({ ...plainEntry('directory', directory), mode: 0o755 });
    }
    for (const { path, size, from } of members) {
      yield encodeTarHeader({ ...plainEntry('file', path), size, mode: 0o644 });
      if (Buffer.isBuffer(from)) yield from;
      else
        yield* createReadStream(content.pathOf(from.digest), { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>;
      if (tarPadding(size) > 0) yield Buffer.alloc(tarPadding(size));
    }
    yield TAR_END;
  } finally {
    lease[Symbol.dispose]();
  }
}

function blobName(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`;
}

import { type ImageConfig, parseImageConfig } from '#spec/oci-image/image-config.ts';
import { type HostPlatform, hostPlatform, matchesPlatform, platformKey } from '#spec/platform.ts';
import type { ContentStore } from '../content/content-store.ts';
import type { LayerStore } from '../layers/layer-store.ts';
import { type Database, transact } from '../metadata/database.ts';
import { type ImageRow, ImageTable } from '../metadata/image-table.ts';
import type { Lease } from '../metadata/leases.ts';
import { resolveImage } from './resolve.ts';

/** An image in the store. */
export interface StoredImage {
  /** `sha256:HEX` */
  readonly id: string;
  readonly config: ImageConfig;
  readonly row: ImageRow;
}

export interface ImageStoreParts {
  readonly db: Database;
  readonly content: ContentStore;
  readonly layers: LayerStore;
}

/** Images: their configurations, their names and the layers they stand on. */
export class ImageStore {
  readonly table: ImageTable;
  readonly #parts: ImageStoreParts;

  constructor(parts: ImageStoreParts) {
    this.#parts = parts;
    this.table = new ImageTable(parts.db);
  }

  /**
   * @param platform which image of a name that stands for several; what else is found is given as it is
   * @throws not-found with Docker's words
   */
  resolve(name: string, platform?: HostPlatform): StoredImage {
    const row = resolveImage(this.table, name, platform);
    return { id: row.id, config: parseImageConfig(row.config), row };
  }

  /** Keeps one more document about an image, and the names that it has in registries. */
  noteManifest(id: string, manifest: KeptManifest, names: readonly string[], lease: Lease): void {
    const { content, db } = this.#parts;
    const digest = content.putBytes(manifest.bytes, lease);
    transact(db, () => {
      // Removed meanwhile: then there is nothing to note.
      if (this.table.get(id) === undefined) return;
      db.prepare('INSERT OR IGNORE INTO manifests VALUES (?, ?, ?)').run(id, digest, manifest.mediaType);
      for (const name of names) if (this.table.idOfName(name) === undefined) this.table.setName(name, id);
    });
  }

  /** Digests of the documents that registries had for an image. */
  manifestsOf(id: string): { digest: string; mediaType: string }[] {
    const rows = this.#parts.db.prepare('SELECT digest, media_type FROM manifests WHERE image_id = ?').all(id);
    return rows.map((row) => ({ digest: String(row['digest']), mediaType: String(row['media_type']) }));
  }

  /**
   * Stores a configuration whose layers are unpacked. Storing the same one again changes nothing but its names.
   *
   * @param names full names (see `nameKey`) that shall lead to it
   * @param manifests documents that registries have for it
   * @param list the index that the names stand for, when they stand for one
   * @returns its id, and the images that names were taken from
   */
  put(
    config: string,
    top: string | undefined,
    parent: string,
    names: readonly string[],
    lease: Lease,
    manifests: readonly KeptManifest[] = [],
    list?: ImageList,
  ): PutImage {
    const { content, db } = this.#parts;
    const id = content.putBytes(Buffer.from(config), lease);
    const kept = manifests.map(({ bytes, mediaType }) => ({ mediaType, digest: content.putBytes(bytes, lease) }));
    const size = this.#parts.layers.table.chain(top).reduce((sum, layer) => sum + layer.size, 0);
    const replaced = transact(db, () => {
      this.table.insert({ id, config, parent, topLayer: top, size, storedMs: Date.now(), taggedMs: 0 });
      const note = db.prepare('INSERT OR IGNORE INTO manifests VALUES (?, ?, ?)');
      for (const { digest, mediaType } of kept) note.run(id, digest, mediaType);
      return names.map((name) => ({ name, before: this.#setName(name, id, list) }));
    });
    return {
      id,
      replaced: replaced.filter((item) => item.before !== undefined && item.before !== id) as PutImage['replaced'],
    };
  }

  /** A name that stands for several platforms leads to the image for this machine, when that is here. */
  #setName(name: string, id: string, list: ImageList | undefined): string | undefined {
    if (list === undefined) return this.table.setName(name, id);
    const before = this.table.idOfName(name);
    const known = this.table.platformsOf(name);
    this.table.setPlatform(name, platformKey(list.platform), list.digest, id);
    const isSameList = known.some((one) => one.imageId === before && one.list === list.digest);
    const host = hostPlatform();
    const stays =
      isSameList &&
      before !== id &&
      !matchesPlatform(list.platform, host) &&
      matchesPlatform(this.resolve(before!).config, host);
    return stays ? before : this.table.setName(name, id, list.digest);
  }
}

/** The index that has an image for each of several platforms. */
export interface ImageList {
  readonly digest: string;
  /** The platform of this image. */
  readonly platform: HostPlatform;
}

/** A document of a registry about an image, byte for byte. */
export interface KeptManifest {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
}

export interface PutImage {
  readonly id: string;
  /** Names that led to other images before. */
  readonly replaced: readonly { readonly name: string; readonly before: string }[];
}

import { type ImageConfig, parseImageConfig } from '#spec/oci-image/image-config.ts';
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

  /** @throws not-found with Docker's words */
  resolve(name: string): StoredImage {
    const row = resolveImage(this.table, name);
    return { id: row.id, config: parseImageConfig(row.config), row };
  }

  /**
   * Stores a configuration whose layers are unpacked. Storing the same one again changes nothing but its names.
   *
   * @param names full names (see `nameKey`) that shall lead to it
   * @returns its id, and the images that names were taken from
   */
  put(config: string, top: string | undefined, parent: string, names: readonly string[], lease: Lease): PutImage {
    const id = this.#parts.content.putBytes(Buffer.from(config), lease);
    const size = this.#parts.layers.table.chain(top).reduce((sum, layer) => sum + layer.size, 0);
    const replaced = transact(this.#parts.db, () => {
      this.table.insert({ id, config, parent, topLayer: top, size, storedMs: Date.now(), taggedMs: 0 });
      return names.map((name) => ({ name, before: this.table.setName(name, id) }));
    });
    return {
      id,
      replaced: replaced.filter((item) => item.before !== undefined && item.before !== id) as PutImage['replaced'],
    };
  }
}

export interface PutImage {
  readonly id: string;
  /** Names that led to other images before. */
  readonly replaced: readonly { readonly name: string; readonly before: string }[];
}

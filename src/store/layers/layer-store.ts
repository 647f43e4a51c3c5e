import { mkdirSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { fault } from '#base/fault.ts';
import { KeyedMutex } from '#base/keyed-mutex.ts';
import type { ContentStore, SpooledBlob } from '../content/content-store.ts';
import { digestOf } from '../content/content-store.ts';
import type { LayerDirectory, StorageDriver } from '../drivers/driver.ts';
import { type Database, transact } from '../metadata/database.ts';
import { type LayerRow, LayerTable } from '../metadata/layer-table.ts';
import type { Lease } from '../metadata/leases.ts';
import type { StorePaths } from '../store-paths.ts';
import type { FileWorkers } from '../worker/file-workers.ts';
import type { AppliedLayer } from './apply-layer.ts';

/** A layer's archive and what is known of it. */
export interface LayerSource {
  /** Spooled (then it becomes a blob here) or a blob already. */
  readonly blob: SpooledBlob;
  readonly isKept: boolean;
  readonly mediaType: string;
  /** Digest the uncompressed archive must have; undefined when not known. */
  readonly diffId: string | undefined;
}

export interface LayerStoreParts {
  readonly db: Database;
  readonly paths: StorePaths;
  readonly content: ContentStore;
  readonly workers: FileWorkers;
  readonly driver: () => Promise<StorageDriver>;
}

/** Unpacked layers by chain id: each is unpacked once and shared by all images and containers that have it. */
export class LayerStore {
  readonly table: LayerTable;
  readonly #parts: LayerStoreParts;
  readonly #mutex = new KeyedMutex();

  constructor(parts: LayerStoreParts) {
    this.#parts = parts;
    this.table = new LayerTable(parts.db);
  }

  /** Directories of a layer and all below it, topmost first. */
  directories(top: string | undefined): LayerDirectory[] {
    return this.table
      .chain(top)
      .map(({ chainId, driver }) => ({ chainId, path: this.#parts.paths.layer(driver, chainId) }));
  }

  /**
   * Makes sure that a layer is unpacked over its parent.
   *
   * @param parent chain id of the layer below
   * @throws invalid when the archive is damaged, hostile or not what was announced; nothing is left behind then
   */
  async ensure(source: LayerSource, parent: string | undefined, lease: Lease): Promise<LayerRow> {
    if (source.diffId !== undefined) {
      const chainId = chainIdOf(parent, source.diffId);
      using _held = await this.#mutex.acquire(chainId);
      lease.hold('layer', chainId);
      const known = this.table.get(chainId);
      if (known !== undefined) {
        if (!source.isKept) await this.#parts.content.discard(source.blob);
        return known;
      }
      return await this.#unpack(source, parent, lease);
    }
    return await this.#unpack(source, parent, lease);
  }

  async #unpack(source: LayerSource, parent: string | undefined, lease: Lease): Promise<LayerRow> {
    const { content, workers, paths } = this.#parts;
    const driver = await this.#parts.driver();
    const target = content.temporaryPath();
    const lower = this.directories(parent);
    let applied: AppliedLayer;
    try {
      await driver.beginLayer(target, lower);
      const keeping = source.isKept ? undefined : syncEarly(source.blob.path);
      const { path: blob, digest } = source.blob;
      const job = { blob, target, whiteouts: driver.whiteouts, diffId: source.diffId, blobDigest: digest };
      applied = await workers.run('applyLayer', job);
      await driver.finishLayer(target, applied.implied, lower);
      await keeping;
      fault('layer.unpacked');
      if (!source.isKept) await content.keep(source.blob, lease);
    } catch (error) {
      await workers.run('removeTree', { path: target });
      if (!source.isKept) await content.discard(source.blob);
      throw error;
    }
    const row: LayerRow = {
      chainId: chainIdOf(parent, applied.diffId),
      parent,
      diffId: applied.diffId,
      blob: source.blob.digest,
      mediaType: source.mediaType,
      driver: driver.name,
      size: applied.size,
      createdMs: Date.now(),
    };
    if (!this.#commit(row, target, paths.layer(driver.name, row.chainId), lease)) {
      await workers.run('removeTree', { path: target });
    }
    return this.table.get(row.chainId) ?? row;
  }

  /** @returns false when another process was faster */
  #commit(row: LayerRow, from: string, to: string, lease: Lease): boolean {
    mkdirSync(dirname(to), { recursive: true, mode: 0o711 });
    const isNew = transact(this.#parts.db, () => {
      lease.hold('layer', row.chainId);
      if (this.table.get(row.chainId) !== undefined) return false;
      renameSync(from, to);
      fault('layer.renamed');
      this.table.insert(row);
      return true;
    });
    fault('layer.committed');
    return isNew;
  }
}

/** Starts writing a file out while it is read; the sync that counts comes later and is short then. */
async function syncEarly(path: string): Promise<void> {
  const { open } = await import('node:fs/promises');
  const file = await open(path, 'r');
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** Identity of a stack of layers (OCI image specification, "Layer ChainID"). */
export function chainIdOf(parent: string | undefined, diffId: string): string {
  return parent === undefined ? diffId : digestOf(`${parent} ${diffId}`);
}

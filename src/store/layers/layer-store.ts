import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { open } from 'node:fs/promises';
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
import { type AppliedLayer, checkDiffId } from './apply-layer.ts';
import type { WhiteoutForm } from './layer-writer.ts';

/** A layer's archive and what is known of it. */
export interface LayerSource {
  /** Spooled (then it becomes a blob here) or a blob already. */
  readonly blob: SpooledBlob;
  readonly isKept: boolean;
  readonly mediaType: string;
  /** Digest the uncompressed archive must have; undefined when not known. */
  readonly diffId: string | undefined;
  /** What it was unpacked into already. It stays the caller's until it is a layer. */
  readonly unpacked?: Unpacked | undefined;
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
    if (source.diffId === undefined)
      return await this.#finish(source, await this.#unpack(source, parent), parent, lease);
    using _held = await this.#mutex.acquire(chainIdOf(parent, source.diffId));
    const known = await this.#known(source, parent, lease);
    return known ?? (await this.#finish(source, await this.#unpack(source, parent), parent, lease));
  }

  /**
   * {@link LayerStore.ensure} for a whole image, lowest layer first. Layers are unpacked side by side where the driver allows it.
   *
   * @param report called when a layer that is not here yet begins and when it is done
   */
  async ensureStack(
    sources: readonly LayerSource[],
    lease: Lease,
    report: (source: LayerSource, done: boolean) => void = () => {},
  ): Promise<LayerRow[]> {
    const driver = await this.#parts.driver();
    const isParallel = driver.name === 'overlay' && sources.every(({ diffId }) => diffId !== undefined);
    const rows: LayerRow[] = [];
    const ahead = new Map<number, Promise<Unpacked>>();
    const onDisk = new Set<Unpacked>();
    try {
      let chain: string | undefined;
      for (const [i, source] of sources.entries()) {
        chain = source.diffId === undefined ? undefined : chainIdOf(rows.at(-1)?.chainId, source.diffId);
        using _held = await this.#mutex.acquire(chain ?? `blob ${source.blob.digest}`);
        const kept = this.#refresh(source);
        const known = chain === undefined ? undefined : await this.#known(kept, rows.at(-1)?.chainId, lease);
        if (known !== undefined) {
          rows.push(known);
          continue;
        }
        if (isParallel) this.#unpackAhead(sources, i, rows.at(-1)?.chainId, ahead, report);
        else report(source, false);
        const parent = rows.at(-1)?.chainId;
        const unpacked = await (ahead.get(i) ?? this.#unpack(kept, parent));
        ahead.delete(i);
        rows.push(await this.#finish(this.#refresh(source), unpacked, parent, lease, onDisk));
        // What was whole before a sync is on the disk with it.
        for (const { unpacked: other } of sources) if (other?.applied.implied.length === 0) onDisk.add(other);
        report(source, true);
      }
      return rows;
    } finally {
      for (const late of await Promise.allSettled(ahead.values())) {
        if (late.status === 'fulfilled') await this.#parts.workers.run('removeTree', { path: late.value.target });
      }
    }
  }

  /** The layer with this content over this parent, when it is here; it is held from now on. */
  find(diffId: string, parent: string | undefined, lease: Lease): LayerRow | undefined {
    const chainId = chainIdOf(parent, diffId);
    lease.hold('layer', chainId);
    return this.table.get(chainId);
  }

  /** How layers are unpacked here. */
  async whiteouts(): Promise<WhiteoutForm> {
    return (await this.#parts.driver()).whiteouts;
  }

  /**
   * A directory to unpack a layer's archive into while it comes; undefined where layers stand on the files of the ones below.
   * Whoever asks for it removes it, or hands it to {@link LayerStore.adopt}.
   */
  async prepareTarget(): Promise<{ target: string; whiteouts: WhiteoutForm } | undefined> {
    const driver = await this.#parts.driver();
    if (driver.whiteouts === 'delete') return undefined;
    const target = this.#parts.content.temporaryPath();
    await driver.beginLayer(target, []);
    return { target, whiteouts: driver.whiteouts };
  }

  /** Makes a layer of what was unpacked; what is not unpacked yet (undefined) is. */
  async adopt(
    source: LayerSource & { readonly diffId: string },
    unpacked: Unpacked | undefined,
    parent: string | undefined,
    lease: Lease,
  ): Promise<LayerRow> {
    using _held = await this.#mutex.acquire(chainIdOf(parent, source.diffId));
    const known = this.find(source.diffId, parent, lease);
    if (known === undefined)
      return await this.#finish(source, unpacked ?? (await this.#unpack(source, parent)), parent, lease);
    if (unpacked !== undefined) await this.#parts.workers.run('removeTree', { path: unpacked.target });
    return known;
  }

  /** Compares a layer's directory with its archive. @returns the first difference in words */
  async firstDifference(row: LayerRow): Promise<string | undefined> {
    const { workers, paths } = this.#parts;
    const { target } = await this.#unpack(this.#sourceOf(row), row.parent);
    try {
      return await workers.run('compareLayer', { layer: paths.layer(row.driver, row.chainId), fresh: target });
    } finally {
      await workers.run('removeTree', { path: target });
    }
  }

  /** Unpacks a layer once more and puts it in the place of its directory. What has the old one mounted keeps it. */
  async rebuild(row: LayerRow): Promise<void> {
    const { content, db, paths, workers } = this.#parts;
    const driver = await this.#parts.driver();
    const { target, applied } = await this.#unpack(this.#sourceOf(row), row.parent);
    await driver.finishLayer(target, applied.implied, this.directories(row.parent));
    await workers.run('syncFileSystem', { directory: target });
    const place = paths.layer(row.driver, row.chainId);
    const aside = content.temporaryPath();
    transact(db, () => {
      if (existsSync(place)) renameSync(place, aside);
      mkdirSync(dirname(place), { recursive: true, mode: 0o711 });
      renameSync(target, place);
    });
    await workers.run('removeTree', { path: aside });
  }

  #sourceOf(row: LayerRow): LayerSource {
    const { content } = this.#parts;
    const blob = { path: content.pathOf(row.blob), digest: row.blob, size: content.sizeOf(row.blob) ?? 0 };
    return { blob, isKept: true, mediaType: row.mediaType, diffId: row.diffId };
  }

  /** Starts unpacking the next layers that are not here; what they will stand on does not matter to their directories. */
  #unpackAhead(
    sources: readonly LayerSource[],
    from: number,
    parent: string | undefined,
    ahead: Map<number, Promise<Unpacked>>,
    report: (source: LayerSource, done: boolean) => void,
  ): void {
    let chain = parent;
    for (let i = from; i < sources.length && i < from + AHEAD; i++) {
      const source = sources[i]!;
      chain = chainIdOf(chain, source.diffId!);
      if (ahead.has(i) || source.unpacked !== undefined || this.table.get(chain) !== undefined) continue;
      report(source, false);
      const work = this.#unpack(this.#refresh(source), undefined);
      work.catch(() => {});
      ahead.set(i, work);
    }
  }

  /** A source whose blob another layer of the same archive has stored meanwhile lies there now. */
  #refresh(source: LayerSource): LayerSource {
    const { content } = this.#parts;
    if (source.isKept || content.sizeOf(source.blob.digest) === undefined) return source;
    return { ...source, isKept: true, blob: { ...source.blob, path: content.pathOf(source.blob.digest) } };
  }

  async #known(source: LayerSource, parent: string | undefined, lease: Lease): Promise<LayerRow | undefined> {
    const chainId = chainIdOf(parent, source.diffId!);
    lease.hold('layer', chainId);
    const row = this.table.get(chainId);
    if (row === undefined || source.isKept) return row;
    // Its archive was lost, and here it is again.
    const { content } = this.#parts;
    const isLost = row.blob === source.blob.digest && content.sizeOf(row.blob) === undefined;
    await (isLost ? content.keep(source.blob, lease) : content.discard(source.blob));
    return row;
  }

  async #unpack(source: LayerSource, parent: string | undefined): Promise<Unpacked> {
    const { content, workers } = this.#parts;
    const driver = await this.#parts.driver();
    if (source.unpacked !== undefined) {
      if (source.diffId !== undefined) checkDiffId(source.diffId, source.unpacked.applied.diffId);
      return source.unpacked;
    }
    const target = content.temporaryPath();
    try {
      await driver.beginLayer(target, this.directories(parent));
      const early = source.isKept ? undefined : writeOutEarly(source.blob.path);
      const { path: blob, digest } = source.blob;
      const job = { blob, target, whiteouts: driver.whiteouts, diffId: source.diffId, blobDigest: digest };
      const [applied] = await Promise.all([workers.run('applyLayer', job), early]);
      fault('layer.unpacked');
      return { target, applied };
    } catch (error) {
      await workers.run('removeTree', { path: target });
      if (!source.isKept) await content.discard(source.blob);
      throw error;
    }
  }

  /** @param onDisk what is on the disk already, its blob too */
  async #finish(
    source: LayerSource,
    unpacked: Unpacked,
    parent: string | undefined,
    lease: Lease,
    onDisk: ReadonlySet<Unpacked> = new Set(),
  ): Promise<LayerRow> {
    const { target, applied } = unpacked;
    const { content, workers, paths } = this.#parts;
    const driver = await this.#parts.driver();
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
    let isNew = false;
    try {
      await driver.finishLayer(target, applied.implied, this.directories(parent));
      // Its row and its blob's must not outlive their files when the power fails. One sync is for both.
      if (!onDisk.has(unpacked)) await workers.run('syncFileSystem', { directory: target });
      if (!source.isKept) content.keepSynced(source.blob, lease);
      const orphan = content.temporaryPath();
      isNew = this.#commit(row, target, { to: paths.layer(driver.name, row.chainId), orphan }, lease);
      if (existsSync(orphan)) await workers.run('removeTree', { path: orphan });
    } finally {
      if (!isNew) await workers.run('removeTree', { path: target });
    }
    return this.table.get(row.chainId) ?? row;
  }

  /** @returns false when another process was faster */
  #commit(row: LayerRow, from: string, { to, orphan }: { to: string; orphan: string }, lease: Lease): boolean {
    mkdirSync(dirname(to), { recursive: true, mode: 0o711 });
    const isNew = transact(this.#parts.db, () => {
      lease.hold('layer', row.chainId);
      if (this.table.get(row.chainId) !== undefined) return false;
      // A process that was killed just here left its directory without a row.
      if (existsSync(to)) renameSync(to, orphan);
      renameSync(from, to);
      fault('layer.renamed');
      this.table.insert(row);
      return true;
    });
    fault('layer.committed');
    return isNew;
  }
}

/** A layer unpacked under a temporary name. */
export interface Unpacked {
  readonly target: string;
  readonly applied: AppliedLayer;
}

/** Layers unpacked at once. */
const AHEAD = 2;

/** Starts writing a file out while it is read; the sync that counts comes later and is short then. */
async function writeOutEarly(path: string): Promise<void> {
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

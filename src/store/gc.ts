import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fault } from '#base/fault.ts';
import type { ContentStore } from './content/content-store.ts';
import { dropOldDownloads } from './downloads/download-table.ts';
import { removeDirectory } from './drivers/remove-directory.ts';
import { type Database, transact } from './metadata/database.ts';
import { dropDeadLeases } from './metadata/leases.ts';
import { isProcessTokenAlive } from './metadata/process-token.ts';
import type { StorePaths } from './store-paths.ts';
import type { FileWorkers } from './worker/file-workers.ts';

export interface GcParts {
  readonly db: Database;
  readonly paths: StorePaths;
  readonly content: ContentStore;
  readonly workers: FileWorkers;
}

/** What a collection took away. */
export interface Collected {
  /** Chain ids, upper layers before the ones they stood on. */
  readonly layers: readonly string[];
  readonly blobs: readonly string[];
  /** Bytes of file data in those layers. */
  readonly layerBytes: number;
  readonly blobBytes: number;
}

/** Names below a container's directory that are the store's. */
const CONTAINER_ENTRIES = ['upper', 'work', 'rootfs'];

/**
 * Removes every layer and blob that no image, container or living lease needs, and every file that has no row. Writers of all
 * processes wait only while rows are marked and files renamed aside; deleting happens after that. May be killed anywhere: the
 * next collection goes on.
 *
 * @param keepDownloadsMs how long broken downloads are kept for another try; a week when absent
 */
export async function collectGarbage(parts: GcParts, keepDownloadsMs?: number): Promise<Collected> {
  const collected = transact(parts.db, () => {
    dropOldDownloads(parts.db, Date.now(), keepDownloadsMs);
    return mark(parts.db);
  });
  fault('gc.marked');
  mkdirSync(parts.paths.temporary, { recursive: true, mode: 0o700 });
  const aside = transact(parts.db, () => sweep(parts));
  fault('gc.swept');
  for (const path of aside) await removeDirectory(path, parts.workers);
  await removeLeftovers(parts);
  return collected;
}

/** Removes temporary files of processes that are gone: an archive that was broken off may have left gigabytes. */
export async function removeLeftovers({ paths, workers }: Pick<GcParts, 'paths' | 'workers'>): Promise<void> {
  for (const path of leftovers(paths)) await removeDirectory(path, workers);
}

const LIVE_LAYERS = `
  WITH RECURSIVE live(chain_id) AS (
    SELECT top_layer FROM images WHERE top_layer IS NOT NULL
    UNION SELECT top_layer FROM snapshots WHERE top_layer IS NOT NULL
    UNION SELECT key FROM lease_items WHERE kind = 'layer'
    UNION SELECT layers.parent FROM live JOIN layers USING (chain_id) WHERE layers.parent IS NOT NULL
  )`;

function mark(db: Database): Collected {
  dropDeadLeases(db);
  // A layer and the one below it may go in the same breath.
  db.exec('PRAGMA defer_foreign_keys = ON');
  const dead = db
    .prepare(
      `${LIVE_LAYERS} SELECT chain_id, size FROM layers WHERE chain_id NOT IN (SELECT chain_id FROM live) ORDER BY rowid DESC`,
    )
    .all();
  const dropLayer = db.prepare('DELETE FROM layers WHERE chain_id = ?');
  for (const row of dead) dropLayer.run(row['chain_id']!);
  const blobs = db
    .prepare(`
      DELETE FROM blobs WHERE digest NOT IN (
        SELECT blob FROM layers
        UNION SELECT id FROM images
        UNION SELECT digest FROM manifests
        UNION SELECT blob FROM pins
        UNION SELECT key FROM lease_items WHERE kind = 'blob'
      ) RETURNING digest, size`)
    .all();
  db.exec('DELETE FROM packed_layers WHERE blob NOT IN (SELECT digest FROM blobs)');
  return {
    layers: dead.map((row) => String(row['chain_id'])),
    layerBytes: dead.reduce((sum, row) => sum + Number(row['size']), 0),
    blobs: blobs.map((row) => String(row['digest'])),
    blobBytes: blobs.reduce((sum, row) => sum + Number(row['size']), 0),
  };
}

/** Renames everything that has no row aside. @returns the new names */
function sweep({ db, paths, content }: GcParts): string[] {
  const aside: string[] = [];
  const move = (path: string) => {
    const to = content.temporaryPath();
    renameSync(path, to);
    aside.push(to);
  };
  for (const path of orphans(db, paths)) move(path);
  return aside;
}

/** Files and directories of the store that no row owns. Call inside a transaction, or what is being made counts as well. */
export function orphans(db: Database, paths: StorePaths): string[] {
  const found: string[] = [];
  const hasBlob = db.prepare('SELECT 1 FROM blobs WHERE digest = ?');
  for (const name of list(paths.blobs)) {
    if (hasBlob.get(`sha256:${name}`) === undefined) found.push(join(paths.blobs, name));
  }
  const hasDownload = db.prepare('SELECT 1 FROM downloads WHERE digest = ?');
  for (const name of list(paths.downloads)) {
    if (hasDownload.get(`sha256:${name}`) === undefined) found.push(join(paths.downloads, name));
  }
  const hasLayer = db.prepare('SELECT 1 FROM layers WHERE driver = ? AND chain_id = ?');
  for (const driver of list(join(paths.root, 'layers'))) {
    for (const name of list(paths.layers(driver))) {
      if (hasLayer.get(driver, `sha256:${name}`) === undefined) found.push(join(paths.layers(driver), name));
    }
  }
  const hasSnapshot = db.prepare('SELECT 1 FROM snapshots WHERE container_id = ?');
  for (const id of list(paths.containers)) {
    if (hasSnapshot.get(id) !== undefined) continue;
    for (const name of CONTAINER_ENTRIES) {
      const path = join(paths.containers, id, name);
      if (existsSync(path)) found.push(path);
    }
  }
  return found;
}

/** Temporary files of processes that are gone. */
export function leftovers(paths: StorePaths): string[] {
  return list(paths.temporary)
    .filter((name) => !isProcessTokenAlive(name.slice(0, name.lastIndexOf('.'))))
    .map((name) => join(paths.temporary, name));
}

function list(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}

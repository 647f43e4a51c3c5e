import { existsSync } from 'node:fs';
import { messageOf } from '#base/errors.ts';
import { parseImageConfig } from '#spec/oci-image/image-config.ts';
import type { ContentStore } from './content/content-store.ts';
import { digestOf } from './content/content-store.ts';
import { collectGarbage, leftovers, orphans } from './gc.ts';
import type { ImageStore } from './images/image-store.ts';
import type { LayerStore } from './layers/layer-store.ts';
import { type Database, transact } from './metadata/database.ts';
import { type FetchLostBlob, restoreBlob } from './restore-blob.ts';
import type { SnapshotStore } from './snapshots.ts';
import type { StorePaths } from './store-paths.ts';
import type { FileWorkers } from './worker/file-workers.ts';

export interface FsckParts {
  readonly db: Database;
  readonly paths: StorePaths;
  readonly content: ContentStore;
  readonly layers: LayerStore;
  readonly images: ImageStore;
  readonly snapshots: SnapshotStore;
  readonly workers: FileWorkers;
}

/** Something in the store that is not as it should be. */
export interface Finding {
  /** Stable name, `what.wrong`. */
  readonly code:
    | 'database.damaged'
    | 'blob.missing'
    | 'blob.damaged'
    | 'layer.missing'
    | 'layer.damaged'
    | 'image.damaged'
    | 'snapshot.missing'
    | 'file.orphaned'
    | 'file.unfinished';
  /** Digest, chain id, image id, container id or path. */
  readonly subject: string;
  readonly message: string;
  readonly isRepaired: boolean;
}

/**
 * Checks that rows and files of the store agree and that both are what their digests say.
 *
 * @param repair also makes again what can be made again (layers from blobs, blobs from rows, directories or registries) and removes
 * what belongs to nothing
 * @param fetch brings blobs from registries; absent: none are asked
 */
export async function checkStore(parts: FsckParts, repair: boolean, fetch?: FetchLostBlob): Promise<Finding[]> {
  const findings: Finding[] = [...checkDatabase(parts.db)];
  const badBlobs = await checkBlobs(parts, repair, findings, fetch);
  await checkLayers(parts, repair, badBlobs, findings);
  checkImages(parts, findings);
  checkSnapshots(parts, findings);
  const unowned = transact(parts.db, () => orphans(parts.db, parts.paths));
  const unfinished = leftovers(parts.paths);
  if (repair) await collectGarbage(parts);
  const file = (code: Finding['code'], message: string) => (path: string) =>
    findings.push({ code, subject: path, message, isRepaired: repair && !existsSync(path) });
  unowned.forEach(file('file.orphaned', 'belongs to nothing'));
  unfinished.forEach(file('file.unfinished', 'was left by a process that is gone'));
  return findings;
}

function* checkDatabase(db: Database): Iterable<Finding> {
  for (const row of db.prepare('PRAGMA integrity_check').all()) {
    const message = String(row['integrity_check']);
    if (message !== 'ok') yield { code: 'database.damaged', subject: 'berth.db', message, isRepaired: false };
  }
  for (const row of db.prepare('PRAGMA foreign_key_check').all()) {
    const message = `a row of ${row['table']} refers to a row of ${row['parent']} that is not there`;
    yield { code: 'database.damaged', subject: String(row['table']), message, isRepaired: false };
  }
}

/** Blobs that are wanted by something, and have no row. */
const WANTED_BLOBS = `
  SELECT blob AS digest FROM layers UNION SELECT id FROM images UNION SELECT digest FROM manifests UNION SELECT blob FROM pins
  EXCEPT SELECT digest FROM blobs`;

/** @returns digests of blobs that are not usable */
async function checkBlobs(
  parts: FsckParts,
  repair: boolean,
  findings: Finding[],
  fetch: FetchLostBlob | undefined,
): Promise<Set<string>> {
  const bad = new Set<string>();
  const note = async (code: Finding['code'], digest: string, size: number | undefined, message: string) => {
    const failure = repair ? await restoreBlob(parts, digest, size, fetch) : 'not tried';
    const isRepaired = failure === undefined;
    if (!isRepaired) bad.add(digest);
    const why = repair && !isRepaired ? `, and cannot be made again: ${failure}` : '';
    findings.push({ code, subject: digest, message: `${message}${why}`, isRepaired });
  };
  for (const row of parts.db.prepare('SELECT digest, size FROM blobs').all()) {
    const digest = String(row['digest']);
    const size = Number(row['size']);
    const found = await parts.workers.run('hashFile', { path: parts.content.pathOf(digest) });
    if (found?.digest === digest && found.size === size) continue;
    if (found === undefined) await note('blob.missing', digest, size, 'the file is missing');
    else await note('blob.damaged', digest, size, `the file has the digest ${found.digest}`);
  }
  for (const row of parts.db.prepare(WANTED_BLOBS).all())
    if (!bad.has(String(row['digest'])))
      await note('blob.missing', String(row['digest']), undefined, 'it is not in the store');
  return bad;
}

async function checkLayers(
  parts: FsckParts,
  repair: boolean,
  badBlobs: ReadonlySet<string>,
  findings: Finding[],
): Promise<void> {
  const rows = parts.layers.table.all().sort((a, b) => a.createdMs - b.createdMs);
  for (const row of rows) {
    const path = parts.paths.layer(row.driver, row.chainId);
    const isThere = existsSync(path);
    const canCompare = !badBlobs.has(row.blob);
    let wrong: string | undefined;
    if (!isThere) wrong = 'its directory is missing';
    else if (canCompare) {
      const difference = await parts.layers.firstDifference(row).catch((error: unknown) => messageOf(error));
      if (difference !== undefined) wrong = `it differs from its archive: ${difference}`;
    }
    if (wrong === undefined) continue;
    const isRepaired =
      repair &&
      canCompare &&
      (await parts.layers.rebuild(row).then(
        () => true,
        () => false,
      ));
    const code = isThere ? 'layer.damaged' : 'layer.missing';
    findings.push({ code, subject: row.chainId, message: wrong, isRepaired });
  }
}

function checkImages(parts: FsckParts, findings: Finding[]): void {
  for (const row of parts.images.table.all()) {
    const message = imageFault(parts, row.id, row.config, row.topLayer);
    if (message !== undefined) findings.push({ code: 'image.damaged', subject: row.id, message, isRepaired: false });
  }
}

function imageFault(parts: FsckParts, id: string, config: string, topLayer: string | undefined): string | undefined {
  if (digestOf(config) !== id) return 'its configuration has another digest';
  const wanted = parseImageConfig(config).rootfs.diff_ids;
  const found = parts.layers.table
    .chain(topLayer)
    .reverse()
    .map(({ diffId }) => diffId);
  if (wanted.length === found.length && wanted.every((diffId, i) => diffId === found[i])) return undefined;
  return `its configuration lists ${wanted.length} layers, the store has ${found.length} for it or others`;
}

function checkSnapshots(parts: FsckParts, findings: Finding[]): void {
  for (const { containerId } of parts.snapshots.all()) {
    const mount = parts.snapshots.mountOf(containerId);
    const needed = mount.type === 'overlay' ? [mount.upper, mount.work] : [mount.path];
    const missing = needed.find((path) => !existsSync(path));
    if (missing === undefined) continue;
    const message = `its directory ${missing} is missing`;
    findings.push({ code: 'snapshot.missing', subject: containerId, message, isRepaired: false });
  }
}

import { rmSync } from 'node:fs';
import { messageOf } from '#base/errors.ts';
import { OCI_LAYER } from '#spec/oci-image/media-types.ts';
import { fullName, parseReference } from '#spec/reference.ts';
import { type ContentStore, digestOf } from './content/content-store.ts';
import type { ImageStore } from './images/image-store.ts';
import type { LayerStore } from './layers/layer-store.ts';
import { type Database, transact } from './metadata/database.ts';
import type { LayerRow } from './metadata/layer-table.ts';
import { type Lease, openLease } from './metadata/leases.ts';
import type { StorePaths } from './store-paths.ts';
import type { FileWorkers } from './worker/file-workers.ts';

export interface RestoreParts {
  readonly db: Database;
  readonly paths: StorePaths;
  readonly content: ContentStore;
  readonly layers: LayerStore;
  readonly images: ImageStore;
  readonly workers: FileWorkers;
}

/** A blob that is gone, and where it may be had. */
export interface LostBlob {
  readonly digest: string;
  /** Bytes; undefined when nobody knows any more. */
  readonly size: number | undefined;
  /** A document that registries keep apart from blobs. */
  readonly isManifest: boolean;
  /** Full names of repositories that images with it came from or went to. */
  readonly repositories: readonly string[];
}

/** Brings a blob into the store, or throws. */
export type FetchLostBlob = (blob: LostBlob) => Promise<void>;

/**
 * Makes a blob again whose file is damaged or missing: a configuration from its image's row, others from a registry, the archive of a
 * layer that was made here from its directory. What is left of the damaged one goes first, so that it may also come back by other ways.
 *
 * @param size as its row had it
 * @returns undefined when it is whole again, else why it is not
 */
export async function restoreBlob(
  parts: RestoreParts,
  digest: string,
  size: number | undefined,
  fetch: FetchLostBlob | undefined,
): Promise<string | undefined> {
  const { db, content, images, layers } = parts;
  using lease = openLease(db);
  lease.hold('blob', digest);
  drop(parts, digest);
  const config = images.table.get(digest)?.config;
  if (config !== undefined && digestOf(config) === digest) {
    content.putBytes(Buffer.from(config), lease);
    return undefined;
  }
  const reasons: string[] = [];
  const repositories = repositoriesWith(parts, digest);
  if (repositories.length > 0 && fetch !== undefined) {
    const isManifest = db.prepare('SELECT 1 FROM manifests WHERE digest = ?').get(digest) !== undefined;
    try {
      await fetch({ digest, size, isManifest, repositories });
      return undefined;
    } catch (error) {
      reasons.push(messageOf(error));
    }
  }
  const row = layers.table.all().find(({ blob }) => blob === digest);
  if (row !== undefined) {
    if (await packAgain(parts, row, lease)) return undefined;
    reasons.push('its archive was not made here');
  }
  return reasons.length === 0 ? 'no registry is known to have it' : reasons.join('; ');
}

function drop({ db, content }: RestoreParts, digest: string): void {
  transact(db, () => {
    db.prepare('DELETE FROM blobs WHERE digest = ?').run(digest);
    rmSync(content.pathOf(digest), { force: true });
  });
}

/** Repositories of the names of all images that have a blob as a layer, a configuration or a manifest. */
function repositoriesWith({ db, images, layers }: RestoreParts, digest: string): string[] {
  const ids = new Set(
    images.table
      .all()
      .filter(({ id, topLayer }) => id === digest || layers.table.chain(topLayer).some(({ blob }) => blob === digest))
      .map(({ id }) => id),
  );
  for (const row of db.prepare('SELECT image_id FROM manifests WHERE digest = ?').all(digest))
    ids.add(String(row['image_id']));
  const ofPlatforms = db.prepare('SELECT name FROM image_platforms WHERE image_id = ?');
  const names = [...ids].flatMap((id) => [
    ...images.table.namesOf(id),
    ...ofPlatforms.all(id).map((row) => String(row['name'])),
  ]);
  // A name with a digest is one that a registry knows; a platform's name is that of a pulled index.
  const references = names.map(parseReference);
  const known = references.filter((reference) => reference.digest !== undefined);
  return [...new Set(known.map(fullName))];
}

/** What Berth packed itself comes out the same again, byte for byte, as long as the directory is whole. */
async function packAgain(
  { db, content, layers, workers }: RestoreParts,
  row: LayerRow,
  lease: Lease,
): Promise<boolean> {
  if (row.driver !== 'overlay') return false;
  const [own, ...below] = layers.directories(row.chainId);
  const path = content.temporaryPath();
  try {
    const job = { tree: own!.path, form: 'upper' as const, image: below.map((directory) => directory.path), path };
    const blob = await workers.run('packChanges', job);
    if (blob.digest !== row.diffId) return false;
    lease.hold('blob', blob.digest);
    await content.keep(blob, lease);
  } catch {
    return false;
  } finally {
    rmSync(path, { force: true });
  }
  // One that came compressed is kept as it is from now on.
  db.prepare('UPDATE layers SET blob = ?, media_type = ? WHERE blob = ?').run(row.diffId, OCI_LAYER, row.blob);
  return true;
}

import { type Database, transact } from '#store/metadata/database.ts';
import type { Store } from '#store/open-store.ts';
import type { CollectOptions, RegistryCollected } from './api.ts';
import type { UploadStore } from './uploads.ts';

/**
 * What a tag leads to, what came lately, and from there on what is listed and what refers to it. A manifest without a tag that an
 * index lists, or whose subject lives, lives.
 */
const LIVE_MANIFESTS = `
  WITH RECURSIVE live(repository, digest) AS (
    SELECT repository, digest FROM registry_tags
    UNION SELECT repository, digest FROM registry_manifests WHERE touched_ms >= ?
    UNION SELECT needs.repository, needs.digest FROM live
      JOIN registry_needs AS needs ON needs.repository = live.repository AND needs.manifest = live.digest
    UNION SELECT referrer.repository, referrer.digest FROM live
      JOIN registry_manifests AS referrer ON referrer.repository = live.repository AND referrer.subject = live.digest
  )`;

/**
 * Lets go of what no manifest lists, and of manifests that nothing leads to if wanted; then the store frees what nobody else needs.
 * A manifest is kept in a transaction that sees its blobs, so one that comes meanwhile finds them or is refused.
 */
export async function collectRegistry(
  parts: { readonly db: Database; readonly store: Store; readonly uploads: UploadStore },
  { graceMs, untagged, uploadExpiryMs }: CollectOptions & { readonly uploadExpiryMs: number },
): Promise<RegistryCollected> {
  const { db, store } = parts;
  const since = Date.now() - graceMs;
  const uploads = parts.uploads.expire(uploadExpiryMs);
  const { manifests, blobs } = transact(db, () => ({
    manifests: untagged ? dropManifests(db, since) : 0,
    blobs: dropBlobs(db, since),
  }));
  const collected = await store.collectGarbage();
  return { manifests, blobs, uploads, bytes: collected.blobBytes };
}

function dropManifests(db: Database, since: number): number {
  const dead = db
    .prepare(
      `${LIVE_MANIFESTS} DELETE FROM registry_manifests
       WHERE (repository, digest) NOT IN (SELECT repository, digest FROM live)`,
    )
    .run(since);
  return Number(dead.changes);
}

function dropBlobs(db: Database, since: number): number {
  const dead = db
    .prepare(
      `DELETE FROM registry_blobs WHERE touched_ms < ? AND NOT EXISTS (
         SELECT 1 FROM registry_needs AS needs
         WHERE needs.repository = registry_blobs.repository AND needs.digest = registry_blobs.digest)`,
    )
    .run(since);
  return Number(dead.changes);
}

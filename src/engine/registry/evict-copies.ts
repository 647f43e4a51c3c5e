import { type Database, transact } from '#store/metadata/database.ts';
import type { Store } from '#store/open-store.ts';

/** What was asked for a moment ago may be on its way to somebody. */
const GRACE_MS = 60_000;

/**
 * Lets go of copies of another registry beyond a number of bytes, those first that nobody has asked for the longest. They can be had again.
 *
 * @param bytesMax of blobs and manifests together, each counted once however many repositories have it
 * @returns how many were let go
 */
export async function evictCopies(db: Database, store: Store, bytesMax: number, nowMs = Date.now()): Promise<number> {
  const evicted = transact(db, () => {
    const rows = db
      .prepare(
        `SELECT 'registry_blobs' AS place, repository, digest, blob, size, touched_ms FROM registry_blobs
         UNION ALL SELECT 'registry_manifests', repository, digest, blob, size, touched_ms FROM registry_manifests
         ORDER BY touched_ms DESC`,
      )
      .all();
    const kept = new Set<unknown>();
    let bytes = 0;
    let count = 0;
    for (const { place, repository, digest, blob, size, touched_ms: touchedMs } of rows) {
      const more = kept.has(blob) ? 0 : Number(size);
      const stays = bytes + more <= bytesMax || Number(touchedMs) > nowMs - GRACE_MS;
      if (!stays) {
        db.prepare(`DELETE FROM ${place} WHERE repository = ? AND digest = ?`).run(repository!, digest!);
        count += 1;
        continue;
      }
      kept.add(blob);
      bytes += more;
    }
    return count;
  });
  if (evicted > 0) await store.collectGarbage();
  return evicted;
}

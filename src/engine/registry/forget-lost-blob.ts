import { type Database, transact } from '#store/metadata/database.ts';
import { RegistryTable } from '../state/registry-table.ts';

/**
 * Lets the registry of this root forget a blob that is lost: who pushes it again is asked for its bytes, and a copy of another registry
 * is made anew.
 *
 * @param blob sha256 digest under which the store had it
 * @returns whether the registry had it
 */
export function forgetLostBlob(db: Database, blob: string): boolean {
  const tables = db.prepare(`SELECT 1 FROM sqlite_master WHERE name = 'registry_blobs'`).get();
  // Nobody ever served a registry from this root.
  if (tables === undefined) return false;
  const table = new RegistryTable(db);
  return transact(db, () => {
    const blobs = table.holdersOf('registry_blobs', blob);
    for (const { repository, digest } of blobs) table.deleteBlob(repository, digest);
    const manifests = table.holdersOf('registry_manifests', blob);
    for (const { repository, digest } of manifests) table.deleteManifest(repository, digest);
    return blobs.length + manifests.length > 0;
  });
}

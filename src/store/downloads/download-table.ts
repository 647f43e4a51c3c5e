import type { Database } from '../metadata/database.ts';
import { isProcessTokenAlive, processToken } from '../metadata/process-token.ts';

/** How long what came of a broken download is kept for the next try. */
const KEEP_MS = 7 * 24 * 3600 * 1000;
/** Most bytes of broken downloads, by their announced sizes; the oldest go first. */
const KEEP_BYTES = 8 * 1024 ** 3;

/** Who may fetch a blob: this process, or another one that does so already. */
export type Claim = 'own' | 'other';

/**
 * Makes this process the one that fetches a blob. Call inside a transaction.
 *
 * @param size announced bytes
 */
export function claimDownload(db: Database, digest: string, size: number): Claim {
  const row = db.prepare('SELECT owner FROM downloads WHERE digest = ?').get(digest);
  const token = processToken();
  if (row !== undefined && row['owner'] !== token && isProcessTokenAlive(String(row['owner']))) return 'other';
  db.prepare(
    `INSERT INTO downloads VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET owner = excluded.owner, size = excluded.size, touched_ms = excluded.touched_ms`,
  ).run(digest, token, size, Date.now());
  return 'own';
}

/** Whether a living process fetches a blob. */
export function isDownloading(db: Database, digest: string): boolean {
  const row = db.prepare('SELECT owner FROM downloads WHERE digest = ?').get(digest);
  return row !== undefined && isProcessTokenAlive(String(row['owner']));
}

/** Lets others go on with what this process gives up. */
export function releaseDownload(db: Database, digest: string): void {
  db.prepare(`UPDATE downloads SET owner = '', touched_ms = ? WHERE digest = ? AND owner = ?`).run(
    Date.now(),
    digest,
    processToken(),
  );
}

export function deleteDownload(db: Database, digest: string): void {
  db.prepare('DELETE FROM downloads WHERE digest = ?').run(digest);
}

/** Forgets downloads that nobody goes on with and that are old or too large together. Call inside a transaction. */
export function dropOldDownloads(db: Database, nowMs: number, keepMs = KEEP_MS): void {
  let kept = 0;
  for (const row of db.prepare('SELECT * FROM downloads ORDER BY touched_ms DESC').all()) {
    if (isProcessTokenAlive(String(row['owner']))) continue;
    kept += Number(row['size']);
    if (nowMs - Number(row['touched_ms']) > keepMs || kept > KEEP_BYTES) deleteDownload(db, String(row['digest']));
  }
}

import { newId } from '#base/ids.ts';
import type { Database } from './database.ts';
import { isProcessTokenAlive, processToken } from './process-token.ts';

/** Keeps blobs and layers from garbage collection while work on them goes on. Dies with its process. */
export interface Lease extends Disposable {
  hold(kind: 'blob' | 'layer', key: string): void;
}

export function openLease(db: Database): Lease {
  const id = newId();
  db.prepare('INSERT INTO leases VALUES (?, ?)').run(id, processToken());
  const insert = db.prepare('INSERT OR IGNORE INTO lease_items VALUES (?, ?, ?)');
  return {
    hold: (kind, key) => void insert.run(id, kind, key),
    [Symbol.dispose]: () => {
      if (db.isOpen) db.prepare('DELETE FROM leases WHERE id = ?').run(id);
    },
  };
}

/** Drops the leases of processes that are gone. Call inside a transaction. */
export function dropDeadLeases(db: Database): void {
  for (const row of db.prepare('SELECT id, owner FROM leases').all()) {
    if (!isProcessTokenAlive(String(row['owner']))) db.prepare('DELETE FROM leases WHERE id = ?').run(row['id']!);
  }
}

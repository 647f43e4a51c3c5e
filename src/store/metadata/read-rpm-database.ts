import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { BerthError } from '#base/errors.ts';
import { makeScratch } from '#sys/scratch-directory.ts';

/**
 * The headers of all packages in rpm's database. The bytes come from an image: SQLite opens a copy in a directory of its own, without
 * trusting what schemas call for.
 *
 * @param bytes of `rpmdb.sqlite`
 * @throws invalid when it is no such database
 */
export function readRpmDatabase(bytes: Uint8Array): Uint8Array[] {
  using place = makeScratch();
  try {
    const path = join(place.path, 'rpmdb.sqlite');
    writeFileSync(path, bytes, { mode: 0o600 });
    const db = new DatabaseSync(path, { allowExtension: false });
    try {
      db.exec('PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON');
      const rows = db.prepare('SELECT blob FROM Packages ORDER BY hnum').all();
      return rows.flatMap(({ blob }) => (blob instanceof Uint8Array ? [blob] : []));
    } finally {
      db.close();
    }
  } catch (cause) {
    throw new BerthError('invalid', 'examine.rpm', "the image's database of rpm cannot be read", { cause });
  }
}

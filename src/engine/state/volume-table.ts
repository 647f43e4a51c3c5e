import type { Sql } from './sql.ts';

/** One volume as the database has it. */
export interface VolumeRow {
  readonly name: string;
  readonly createdNs: bigint;
  /** Containers that mount it. */
  readonly users: number;
}

/** The `volumes` table: anonymous volumes, each made for one container. */
export class VolumeTable {
  readonly #db: Sql;

  constructor(db: Sql) {
    this.#db = db;
  }

  insert(name: string, createdNs: bigint, containerId: string): void {
    this.#db.run('INSERT INTO volumes (name, created_ns, container_id) VALUES (?, ?, ?)', name, createdNs, containerId);
  }

  delete(name: string): void {
    this.#db.run('DELETE FROM volumes WHERE name = ?', name);
  }

  /** All volumes, with how many containers mount each. */
  all(): VolumeRow[] {
    return this.#db
      .all(
        `SELECT name, CAST(created_ns AS TEXT) AS created_text,
           (SELECT count(*) FROM containers, json_each(containers.spec, '$.mounts') AS mount
            WHERE json_extract(mount.value, '$.name') = volumes.name) AS users
         FROM volumes ORDER BY name`,
      )
      .map((row) => ({
        name: row['name'] as string,
        createdNs: BigInt(row['created_text'] as string),
        users: row['users'] as number,
      }));
  }

  /** True when a container other than this one mounts the volume. */
  isUsedByOther(name: string, containerId: string): boolean {
    return (
      this.#db.get(
        `SELECT 1 FROM containers, json_each(containers.spec, '$.mounts') AS mount
         WHERE containers.id <> ? AND json_extract(mount.value, '$.name') = ? LIMIT 1`,
        containerId,
        name,
      ) !== undefined
    );
  }
}

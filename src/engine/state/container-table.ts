import { BerthError } from '#base/errors.ts';
import {
  type ContainerRow,
  patchAssignments,
  ROW_COLUMNS,
  type RowPatch,
  type RowStatus,
  readRow,
} from './container-row.ts';
import { isTokenAlive } from './process-token.ts';
import type { Sql } from './sql.ts';

export interface NewContainerRow {
  readonly id: string;
  readonly name: string;
  readonly createdNs: bigint;
  readonly imageId: string;
  readonly spec: ContainerRow['spec'];
  readonly hostConfig: ContainerRow['hostConfig'];
}

/** The `containers` table: plain reads and writes, no policy. */
export class ContainerTable {
  readonly #db: Sql;

  constructor(db: Sql) {
    this.#db = db;
  }

  /** Inserts a container in `creating`, locked by `token`. The name must be free. */
  insert(row: NewContainerRow, token: string): void {
    this.#db.run(
      `INSERT INTO containers (id, name, created_ns, image_id, spec, host_config, status, lock)
       VALUES (?, ?, ?, ?, ?, ?, 'creating', ?)`,
      row.id,
      row.name,
      row.createdNs,
      row.imageId,
      JSON.stringify(row.spec),
      JSON.stringify(row.hostConfig),
      token,
    );
  }

  get(id: string): ContainerRow | undefined {
    const raw = this.#db.get(`SELECT ${ROW_COLUMNS} FROM containers WHERE id = ?`, id);
    return raw === undefined ? undefined : readRow(raw);
  }

  /** The id that owns a name (without slash). */
  idOfName(name: string): string | undefined {
    return this.#db.get('SELECT id FROM containers WHERE name = ?', name)?.['id'] as string | undefined;
  }

  /**
   * The id a user means: a full id, else a name, else a prefix of one id.
   *
   * @throws not-found, invalid for a prefix of several, with Docker's words
   */
  resolve(ref: string): string {
    if (ref === '') throw new BerthError('invalid', 'container.no-name', 'No container name or ID supplied');
    const bare = ref.startsWith('/') ? ref.slice(1) : ref;
    const exact = this.#db.get(
      'SELECT id FROM containers WHERE id = ?1 UNION ALL SELECT id FROM containers WHERE name = ?2 LIMIT 1',
      ref,
      bare,
    );
    if (exact !== undefined) return exact['id'] as string;
    if (/^[0-9a-f]{1,64}$/.test(ref)) {
      const matches = this.#db.all('SELECT id FROM containers WHERE id >= ?1 AND id < ?2 LIMIT 2', ref, `${ref}g`);
      if (matches.length === 1) return matches[0]?.['id'] as string;
      if (matches.length > 1) {
        throw new BerthError('invalid', 'container.ambiguous', `multiple IDs found with provided prefix: ${ref}`);
      }
    }
    throw new BerthError('not-found', 'container.not-found', `No such container: ${ref}`);
  }

  /** Newest first. */
  list(): ContainerRow[] {
    return this.#db.all(`SELECT ${ROW_COLUMNS} FROM containers ORDER BY created_ns DESC`).map(readRow);
  }

  /** Ids of containers in these states. */
  idsIn(...statuses: RowStatus[]): string[] {
    const marks = statuses.map(() => '?').join(', ');
    return this.#db
      .all(`SELECT id FROM containers WHERE status IN (${marks})`, ...statuses)
      .map((raw) => raw['id'] as string);
  }

  patch(id: string, patch: RowPatch): void {
    const { sql, values } = patchAssignments(patch);
    if (sql !== '') this.#db.run(`UPDATE containers SET ${sql} WHERE id = ?`, ...values, id);
  }

  /** Gives a container other mounts' names: the one change of what is settled at its creation. */
  replaceSpec(id: string, spec: ContainerRow['spec']): void {
    this.#db.run('UPDATE containers SET spec = ? WHERE id = ?', JSON.stringify(spec), id);
  }

  delete(id: string): void {
    this.#db.run('DELETE FROM containers WHERE id = ?', id);
  }

  /**
   * Takes a container's lock if it is free or its holder is dead, and reads the row as it is then.
   *
   * @returns the row, `'held'` by a living process, or undefined when there is no such container
   */
  tryLock(id: string, token: string): ContainerRow | 'held' | undefined {
    const take = `UPDATE containers SET lock = ?1 WHERE id = ?2 AND lock IS ?3 RETURNING ${ROW_COLUMNS}`;
    const free = this.#db.get(take, token, id, null);
    if (free !== undefined) return readRow(free);
    const holder = this.#db.get('SELECT lock FROM containers WHERE id = ?', id)?.['lock'] as string | null | undefined;
    if (holder === undefined) return undefined;
    if (holder !== null && isTokenAlive(holder)) return 'held';
    const stolen = this.#db.get(take, token, id, holder);
    return stolen === undefined ? 'held' : readRow(stolen);
  }

  /** Gives the lock back; nothing happens when it is not ours (any more). */
  unlock(id: string, token: string): void {
    this.#db.run('UPDATE containers SET lock = NULL WHERE id = ? AND lock = ?', id, token);
  }

  /** The exit code of the last run that ended, from its events, also of a removed container; undefined when none ended. */
  lastExitCode(id: string): number | undefined {
    const raw = this.#db.get(
      `SELECT json_extract(attributes, '$.exitCode') AS code FROM events
       WHERE type = 'container' AND action = 'die' AND actor = ? ORDER BY seq DESC LIMIT 1`,
      id,
    );
    return raw === undefined ? undefined : Number(raw['code']);
  }

  /** Containers made from an image, or that mount it. */
  usersOfImage(imageId: string): string[] {
    return this.#db
      .all(
        `SELECT id FROM containers WHERE image_id = ?1
         UNION SELECT container_id FROM image_mounts WHERE image_id = ?1`,
        imageId,
      )
      .map((raw) => raw['id'] as string);
  }

  /** Keeps an image for a container that mounts it, until the container's row is deleted. */
  keepImage(id: string, imageId: string): void {
    this.#db.run('INSERT OR IGNORE INTO image_mounts (image_id, container_id) VALUES (?, ?)', imageId, id);
  }
}

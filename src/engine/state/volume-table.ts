import type { Sql, SqlRow } from './sql.ts';

/** One volume as the database has it. */
export interface VolumeRow {
  readonly name: string;
  readonly createdNs: bigint;
  /** `null` when nothing was said. */
  readonly labels: Readonly<Record<string, string>> | null;
  /** The local driver's options, `null` when there are none. */
  readonly options: Readonly<Record<string, string>> | null;
  /** Name of its directory; another than `name` while a rename is under way. */
  readonly directory: string;
  readonly status: 'ready' | 'removing';
  /** Token of the process that removes it. */
  readonly remover: string;
}

/** A volume and how many containers use it. */
export interface CountedVolume extends VolumeRow {
  readonly users: number;
}

export interface NewVolume extends Pick<VolumeRow, 'name' | 'createdNs' | 'labels' | 'options'> {
  /** The container it is made for; empty when the user made it. */
  readonly containerId: string;
}

const COLUMNS = 'name, CAST(created_ns AS TEXT) AS created_text, labels, options, directory, status, remover';

function readVolume(raw: SqlRow): VolumeRow {
  return {
    name: raw['name'] as string,
    createdNs: BigInt(raw['created_text'] as string),
    labels: JSON.parse(raw['labels'] as string) as VolumeRow['labels'],
    options: JSON.parse(raw['options'] as string) as VolumeRow['options'],
    directory: raw['directory'] as string,
    status: raw['status'] as VolumeRow['status'],
    remover: raw['remover'] as string,
  };
}

/** The tables `volumes` and `volume_users`: plain reads and writes, no policy. */
export class VolumeTable {
  readonly #db: Sql;

  constructor(db: Sql) {
    this.#db = db;
  }

  insert({ name, createdNs, containerId, labels, options }: NewVolume): void {
    this.#db.run(
      'INSERT INTO volumes (name, created_ns, container_id, labels, options, directory) VALUES (?1, ?2, ?3, ?4, ?5, ?1)',
      name,
      createdNs,
      containerId,
      JSON.stringify(labels),
      JSON.stringify(options),
    );
  }

  get(name: string): VolumeRow | undefined {
    const raw = this.#db.get(`SELECT ${COLUMNS} FROM volumes WHERE name = ?`, name);
    return raw === undefined ? undefined : readVolume(raw);
  }

  /** The volume whose directory this is. */
  ofDirectory(directory: string): VolumeRow | undefined {
    const raw = this.#db.get(`SELECT ${COLUMNS} FROM volumes WHERE directory = ?`, directory);
    return raw === undefined ? undefined : readVolume(raw);
  }

  /** All volumes by name, those being removed too. */
  all(): CountedVolume[] {
    return this.#db
      .all(
        `SELECT ${COLUMNS}, (SELECT count(*) FROM volume_users WHERE volume = volumes.name) AS users
         FROM volumes ORDER BY name`,
      )
      .map((raw) => ({ ...readVolume(raw), users: raw['users'] as number }));
  }

  delete(name: string): void {
    this.#db.run('DELETE FROM volumes WHERE name = ?', name);
  }

  /** From now on nobody may use it; whoever finds the remover dead removes it in its place. */
  markRemoving(name: string, token: string): void {
    this.#db.run("UPDATE volumes SET status = 'removing', remover = ? WHERE name = ?", token, name);
  }

  /** Gives a volume and its uses another name; its directory keeps its own. */
  rename(name: string, next: string): void {
    this.#db.run('UPDATE volumes SET name = ? WHERE name = ?', next, name);
    this.#db.run('UPDATE volume_users SET volume = ? WHERE volume = ?', next, name);
  }

  setDirectory(name: string, directory: string): void {
    this.#db.run('UPDATE volumes SET directory = ? WHERE name = ?', directory, name);
  }

  /** A container uses the volume until its row is deleted. */
  use(name: string, containerId: string): void {
    this.#db.run('INSERT OR IGNORE INTO volume_users (volume, container_id) VALUES (?, ?)', name, containerId);
  }

  /** Ids of the containers that use a volume. */
  usersOf(name: string): string[] {
    return this.#db
      .all('SELECT container_id FROM volume_users WHERE volume = ? ORDER BY container_id', name)
      .map((raw) => raw['container_id'] as string);
  }
}

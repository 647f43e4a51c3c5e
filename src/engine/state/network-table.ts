import type { NetworkDevice } from '#network/model.ts';
import type { NetworkDriver, NetworkRow, NetworkSpec } from './network-row.ts';
import type { Sql, SqlRow } from './sql.ts';

const COLUMNS = 'id, name, CAST(created_ns AS TEXT) AS created_text, driver, spec, device, status, remover';

function readNetwork(raw: SqlRow): NetworkRow {
  return {
    id: raw['id'] as string,
    name: raw['name'] as string,
    createdNs: BigInt(raw['created_text'] as string),
    driver: raw['driver'] as NetworkDriver,
    spec: JSON.parse(raw['spec'] as string) as NetworkSpec,
    device: JSON.parse(raw['device'] as string) as NetworkDevice | null,
    status: raw['status'] as NetworkRow['status'],
    remover: raw['remover'] as string,
  };
}

/** The `networks` table: plain reads and writes, no policy. */
export class NetworkTable {
  readonly #db: Sql;

  constructor(db: Sql) {
    this.#db = db;
  }

  insert(row: Omit<NetworkRow, 'status' | 'remover'>): void {
    this.#db.run(
      'INSERT INTO networks (id, name, created_ns, driver, spec, device) VALUES (?, ?, ?, ?, ?, ?)',
      row.id,
      row.name,
      row.createdNs,
      row.driver,
      JSON.stringify(row.spec),
      JSON.stringify(row.device),
    );
  }

  get(id: string): NetworkRow | undefined {
    const raw = this.#db.get(`SELECT ${COLUMNS} FROM networks WHERE id = ?`, id);
    return raw === undefined ? undefined : readNetwork(raw);
  }

  named(name: string): NetworkRow | undefined {
    const raw = this.#db.get(`SELECT ${COLUMNS} FROM networks WHERE name = ?`, name);
    return raw === undefined ? undefined : readNetwork(raw);
  }

  /** At most two networks whose ids begin so. @param prefix hexadecimal digits */
  withPrefix(prefix: string): NetworkRow[] {
    return this.#db
      .all(`SELECT ${COLUMNS} FROM networks WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT 100`, prefix, `${prefix}g`)
      .map(readNetwork);
  }

  /** Newest first. */
  all(): NetworkRow[] {
    return this.#db.all(`SELECT ${COLUMNS} FROM networks ORDER BY created_ns DESC, name`).map(readNetwork);
  }

  /** Networks that somebody removes, or was removing. */
  removing(): NetworkRow[] {
    return this.#db.all(`SELECT ${COLUMNS} FROM networks WHERE status = 'removing'`).map(readNetwork);
  }

  /** From now on nobody may use it; whoever finds the remover dead removes it in its place. */
  markRemoving(id: string, token: string): void {
    this.#db.run("UPDATE networks SET status = 'removing', remover = ? WHERE id = ?", token, id);
  }

  delete(id: string): void {
    this.#db.run('DELETE FROM networks WHERE id = ?', id);
  }
}

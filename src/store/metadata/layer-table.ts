import { type Database, statement } from './database.ts';

/** A layer that is unpacked. */
export interface LayerRow {
  readonly chainId: string;
  readonly parent: string | undefined;
  readonly diffId: string;
  /** Digest of the archive as it came. */
  readonly blob: string;
  readonly mediaType: string;
  readonly driver: 'overlay' | 'vfs';
  /** Bytes of file data. */
  readonly size: number;
  readonly createdMs: number;
}

const COLUMNS = 'chain_id, parent, diff_id, blob, media_type, driver, size, created_ms';

/** Rows of `layers`. */
export class LayerTable {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  get(chainId: string): LayerRow | undefined {
    const row = statement(this.#db, `SELECT ${COLUMNS} FROM layers WHERE chain_id = ?`).get(chainId);
    return row === undefined ? undefined : toRow(row);
  }

  /** A layer and everything below it, topmost first. */
  chain(top: string | undefined): LayerRow[] {
    if (top === undefined) return [];
    const sql = `
      WITH RECURSIVE below(chain_id, depth) AS (
        SELECT ?, 0
        UNION ALL
        SELECT layers.parent, depth + 1 FROM below JOIN layers USING (chain_id) WHERE layers.parent IS NOT NULL
      )
      SELECT ${COLUMNS} FROM below JOIN layers USING (chain_id) ORDER BY depth`;
    return statement(this.#db, sql).all(top).map(toRow);
  }

  all(): LayerRow[] {
    return statement(this.#db, `SELECT ${COLUMNS} FROM layers`).all().map(toRow);
  }

  insert(row: LayerRow): void {
    statement(this.#db, 'INSERT INTO layers VALUES (?, ?, ?, ?, ?, ?, ?, ?)').run(
      row.chainId,
      row.parent ?? null,
      row.diffId,
      row.blob,
      row.mediaType,
      row.driver,
      row.size,
      row.createdMs,
    );
  }

  delete(chainId: string): void {
    statement(this.#db, 'DELETE FROM layers WHERE chain_id = ?').run(chainId);
  }
}

function toRow(row: Readonly<Record<string, unknown>>): LayerRow {
  return {
    chainId: String(row['chain_id']),
    parent: row['parent'] === null ? undefined : String(row['parent']),
    diffId: String(row['diff_id']),
    blob: String(row['blob']),
    mediaType: String(row['media_type']),
    driver: row['driver'] as LayerRow['driver'],
    size: Number(row['size']),
    createdMs: Number(row['created_ms']),
  };
}

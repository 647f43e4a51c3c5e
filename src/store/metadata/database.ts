import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { BerthError, messageOf } from '#base/errors.ts';

export type { DatabaseSync as Database } from 'node:sqlite';

/** One part of the schema with a history of its own: `versions[n]` is the SQL that leads from version n to n + 1. */
export interface SchemaPart {
  readonly name: string;
  readonly versions: readonly string[];
}

/** How long a process waits for another one that writes, in milliseconds. */
const BUSY_TIMEOUT_MS = 30_000;

/** The database file below the root. */
export const DATABASE_FILE = 'berth.db';

/**
 * Opens the one database below a root and brings its schema up to date. Several processes may do so at once.
 *
 * @param root directory of all state; made when missing
 * @param parts every part of the schema that the caller works with
 * @throws unsupported when the database was written by a newer program
 */
export function openDatabase(root: string, parts: readonly SchemaPart[]): DatabaseSync {
  const path = join(root, DATABASE_FILE);
  const db = openFile(root, path);
  try {
    db.exec('PRAGMA synchronous=NORMAL');
    if (!isCurrent(parts, readVersions(db), path)) migrate(db, parts, path);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** SQLite itself would make a new file readable for everybody, with the environment of every container in it. */
function openFile(root: string, path: string): DatabaseSync {
  try {
    if (!existsSync(path)) {
      mkdirSync(root, { recursive: true, mode: 0o711 });
      closeSync(openSync(path, 'a', 0o600));
    }
    return new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  } catch (cause) {
    throw new BerthError('internal', 'database.open', `cannot open the database ${path}: ${messageOf(cause)}`, {
      cause,
    });
  }
}

/**
 * Runs `work` as one transaction that may write; other writers wait, readers do not.
 *
 * @returns what `work` returns; nothing is changed when it throws
 */
export function transact<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

const prepared = new WeakMap<DatabaseSync, Map<string, StatementSync>>();

/** The statement of an SQL text that never changes, compiled once for each database. Use it up before it is asked for again. */
export function statement(db: DatabaseSync, sql: string): StatementSync {
  let statements = prepared.get(db);
  if (statements === undefined) {
    statements = new Map();
    prepared.set(db, statements);
  }
  let found = statements.get(sql);
  if (found === undefined) {
    found = db.prepare(sql);
    statements.set(sql, found);
  }
  return found;
}

function readVersions(db: DatabaseSync): Map<string, number> {
  const versions = new Map<string, number>();
  const table = db.prepare("SELECT 1 FROM sqlite_schema WHERE type='table' AND name='schema_part'").get();
  if (table === undefined) return versions;
  for (const row of db.prepare('SELECT name, version FROM schema_part').all()) {
    versions.set(String(row['name']), Number(row['version']));
  }
  return versions;
}

function isCurrent(parts: readonly SchemaPart[], found: Map<string, number>, path: string): boolean {
  let current = true;
  for (const part of parts) {
    const version = found.get(part.name) ?? 0;
    if (version > part.versions.length) {
      const words = `${path} has version ${version} of "${part.name}", this program knows up to ${part.versions.length}`;
      throw new BerthError('unsupported', 'database.newer', words, { hint: 'use the newer program for this root' });
    }
    if (version < part.versions.length) current = false;
  }
  return current;
}

function migrate(db: DatabaseSync, parts: readonly SchemaPart[], path: string): void {
  enterWal(db);
  transact(db, () => {
    db.exec('CREATE TABLE IF NOT EXISTS schema_part (name TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT');
    const found = readVersions(db);
    if (isCurrent(parts, found, path)) return;
    const note = db.prepare(
      'INSERT INTO schema_part VALUES (?, ?) ON CONFLICT DO UPDATE SET version = excluded.version',
    );
    for (const part of parts) {
      for (const sql of part.versions.slice(found.get(part.name) ?? 0)) db.exec(sql);
      note.run(part.name, part.versions.length);
    }
  });
}

/** The switch to a write-ahead log does not wait for other openers as everything else does. */
function enterWal(db: DatabaseSync): void {
  const deadline = Date.now() + BUSY_TIMEOUT_MS;
  for (;;) {
    try {
      db.exec('PRAGMA journal_mode=WAL');
      return;
    } catch (error) {
      if (Date.now() > deadline || !String(error).includes('locked')) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

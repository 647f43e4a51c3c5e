import type { StatementSync } from 'node:sqlite';
import { type Database, transact } from '#store/metadata/database.ts';

export type SqlValue = string | number | bigint | null;
export type SqlRow = Readonly<Record<string, unknown>>;

/** A database with its statements prepared once each, and transactions that nest. */
export class Sql {
  readonly #db: Database;
  readonly #statements = new Map<string, StatementSync>();
  #version: unknown;

  constructor(db: Database) {
    this.#db = db;
  }

  get(sql: string, ...values: SqlValue[]): SqlRow | undefined {
    return this.#prepare(sql).get(...values);
  }

  all(sql: string, ...values: SqlValue[]): SqlRow[] {
    return this.#prepare(sql).all(...values);
  }

  /** @returns how many rows were changed */
  run(sql: string, ...values: SqlValue[]): number {
    return Number(this.#prepare(sql).run(...values).changes);
  }

  /** All of `work`'s writes or none; part of the outer one inside another transaction. `work` must not be asynchronous. */
  transaction<T>(work: () => T): T {
    return this.#db.isTransaction ? work() : transact(this.#db, work);
  }

  /** What `work` reads is of one moment, and read faster: it must not write, nor be asynchronous. */
  reading<T>(work: () => T): T {
    if (this.#db.isTransaction) return work();
    this.#db.exec('BEGIN');
    try {
      return work();
    } finally {
      this.#db.exec('COMMIT');
    }
  }

  /** Whether another connection, of whichever process, has changed the database since this was last called. */
  othersChanged(): boolean {
    const before = this.#version;
    this.#version = this.get('PRAGMA data_version')?.['data_version'];
    return this.#version !== before;
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

import type { Sql } from './sql.ts';

/** One recorded event. */
export interface EventRow {
  readonly seq: number;
  readonly timeNs: bigint;
  readonly type: string;
  readonly action: string;
  readonly actor: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Events kept; older ones are dropped. At a few hundred bytes each this is a few megabytes. */
const KEPT = 20_000;
/** Dropping costs a statement: done once in so many inserts. */
const DROP_EVERY = 512;
/** Rows read at once, so that a long history neither fills the memory nor holds the database. */
const PAGE = 1000;

function readRow(raw: Readonly<Record<string, unknown>>): EventRow {
  return {
    seq: raw['seq'] as number,
    timeNs: BigInt(raw['time_text'] as string),
    type: raw['type'] as string,
    action: raw['action'] as string,
    actor: raw['actor'] as string,
    attributes: JSON.parse(raw['attributes'] as string) as Record<string, string>,
  };
}

/** The `events` table: plain reads and writes, no policy but its size. */
export class EventTable {
  readonly #db: Sql;

  constructor(db: Sql) {
    this.#db = db;
  }

  insert(event: Omit<EventRow, 'seq'>): void {
    const inserted = this.#db.get(
      'INSERT INTO events (time_ns, type, action, actor, attributes) VALUES (?, ?, ?, ?, ?) RETURNING seq',
      event.timeNs,
      event.type,
      event.action,
      event.actor,
      JSON.stringify(event.attributes),
    );
    const seq = inserted?.['seq'] as number;
    if (seq % DROP_EVERY === 0) this.#db.run('DELETE FROM events WHERE seq <= ?', seq - KEPT);
  }

  /** The newest event's number, 0 when there is none. */
  lastSeq(): number {
    return (this.#db.get('SELECT max(seq) AS last FROM events')?.['last'] as number | null | undefined) ?? 0;
  }

  /** Up to a page of the events after one, oldest first. */
  after(seq: number): EventRow[] {
    return this.#db
      .all(
        `SELECT seq, CAST(time_ns AS TEXT) AS time_text, type, action, actor, attributes
         FROM events WHERE seq > ? ORDER BY seq LIMIT ${PAGE}`,
        seq,
      )
      .map(readRow);
  }
}

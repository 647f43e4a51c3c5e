import type { PortProtocol, PublishedRange } from '#network/model.ts';
import type { Sql, SqlRow } from './sql.ts';

/** A range and whose it is. */
export interface PortRow extends PublishedRange {
  readonly containerId: string;
}

const COLUMNS = 'container_id, protocol, host_address, host_port, container_port, count';
const RUNNING = "('starting', 'running', 'paused')";

function readPort(raw: SqlRow): PortRow {
  return {
    containerId: raw['container_id'] as string,
    protocol: raw['protocol'] as PortProtocol,
    hostAddress: raw['host_address'] as string,
    hostPort: raw['host_port'] as number,
    containerPort: raw['container_port'] as number,
    count: raw['count'] as number,
  };
}

/** The table `published_ports`: plain reads and writes, no policy. */
export class PortTable {
  readonly #db: Sql;

  constructor(db: Sql) {
    this.#db = db;
  }

  /** What a container has published, by protocol, address and port. */
  of(containerId: string): PublishedRange[] {
    return this.#db
      .all(
        `SELECT ${COLUMNS} FROM published_ports WHERE container_id = ? ORDER BY protocol, host_address, host_port`,
        containerId,
      )
      .map(readPort)
      .map(({ containerId: _, ...range }) => range);
  }

  /** What all containers have published whose rows say that they run. */
  active(): PortRow[] {
    return this.#db
      .all(
        `SELECT ${COLUMNS} FROM published_ports JOIN containers ON containers.id = container_id
         WHERE status IN ${RUNNING} ORDER BY container_id, protocol, host_address, host_port`,
      )
      .map(readPort);
  }

  /** True when something changed while the container ran. */
  hasLive(containerId: string): boolean {
    return (
      this.#db.all('SELECT 1 FROM published_ports WHERE container_id = ? AND live = 1 LIMIT 1', containerId).length > 0
    );
  }

  /** @param isLive not in the plan of the container's start */
  insert(containerId: string, range: PublishedRange, isLive = false): void {
    this.#db.run(
      `INSERT INTO published_ports (${COLUMNS}, live) VALUES (?, ?, ?, ?, ?, ?, ?)`,
      containerId,
      range.protocol,
      range.hostAddress,
      range.hostPort,
      range.containerPort,
      range.count,
      isLive ? 1 : 0,
    );
  }

  /** What is in the way of containers' packets, in words. */
  warnings(): string[] {
    return this.#db.all('SELECT text FROM firewall_warnings ORDER BY rowid').map((raw) => raw['text'] as string);
  }

  setWarnings(texts: readonly string[]): void {
    this.#db.run('DELETE FROM firewall_warnings');
    for (const text of texts) this.#db.run('INSERT INTO firewall_warnings VALUES (?)', text);
  }

  /** Gives back what a container has. */
  release(containerId: string): void {
    this.#db.run('DELETE FROM published_ports WHERE container_id = ?', containerId);
  }
}

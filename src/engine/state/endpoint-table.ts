import type { EndpointLease, EndpointRow, EndpointWish } from './network-row.ts';
import type { Sql, SqlRow } from './sql.ts';

const COLUMNS = 'container_id, network, network_id, position, wish, lease';

function readEndpoint(raw: SqlRow): EndpointRow {
  return {
    containerId: raw['container_id'] as string,
    network: raw['network'] as string,
    networkId: raw['network_id'] as string,
    position: raw['position'] as number,
    wish: JSON.parse(raw['wish'] as string) as EndpointWish,
    lease: JSON.parse(raw['lease'] as string) as EndpointLease | null,
  };
}

/** Containers with these states have what their leases say. */
const RUNNING = "('starting', 'running', 'paused')";

/** The tables `endpoints` and `address_leases`: plain reads and writes, no policy. */
export class EndpointTable {
  readonly #db: Sql;

  constructor(db: Sql) {
    this.#db = db;
  }

  insert(row: Omit<EndpointRow, 'lease'>): void {
    this.#db.run(
      'INSERT INTO endpoints (container_id, network, network_id, position, wish) VALUES (?, ?, ?, ?, ?)',
      row.containerId,
      row.network,
      row.networkId,
      row.position,
      JSON.stringify(row.wish),
    );
  }

  /** A container's networks, in the order in which it was connected. */
  of(containerId: string): EndpointRow[] {
    return this.#db
      .all(`SELECT ${COLUMNS} FROM endpoints WHERE container_id = ? ORDER BY position, network`, containerId)
      .map(readEndpoint);
  }

  /** Every container's networks in one read. */
  all(): EndpointRow[] {
    return this.#db.all(`SELECT ${COLUMNS} FROM endpoints ORDER BY container_id, position, network`).map(readEndpoint);
  }

  /** Places of running containers in a network. */
  activeIn(networkId: string): (EndpointRow & { readonly containerName: string })[] {
    return this.#db
      .all(
        `SELECT ${COLUMNS}, containers.name AS container_name FROM endpoints JOIN containers ON containers.id = container_id
         WHERE network_id = ? AND lease <> 'null' AND status IN ${RUNNING} ORDER BY containers.name`,
        networkId,
      )
      .map((raw) => ({ ...readEndpoint(raw), containerName: raw['container_name'] as string }));
  }

  /** Ids of networks that running containers are in. */
  activeNetworks(): Set<string> {
    const rows = this.#db.all(
      `SELECT DISTINCT network_id FROM endpoints JOIN containers ON containers.id = container_id
       WHERE lease <> 'null' AND status IN ${RUNNING}`,
    );
    return new Set(rows.map((raw) => raw['network_id'] as string));
  }

  delete(containerId: string, network: string): void {
    this.#db.run('DELETE FROM endpoints WHERE container_id = ? AND network = ?', containerId, network);
  }

  setLease(row: EndpointRow, networkId: string, lease: EndpointLease | null): void {
    this.#db.run(
      'UPDATE endpoints SET network_id = ?, lease = ? WHERE container_id = ? AND network = ?',
      networkId,
      JSON.stringify(lease),
      row.containerId,
      row.network,
    );
  }

  /** Leases of containers that run, address to container. */
  leasesOf(networkId: string): Map<string, string> {
    const rows = this.#db.all(
      `SELECT address, container_id FROM address_leases JOIN containers ON containers.id = container_id
       WHERE network_id = ? AND status IN ${RUNNING}`,
      networkId,
    );
    return new Map(rows.map((raw) => [raw['address'] as string, raw['container_id'] as string]));
  }

  /** Takes an address, also from a container that does not run any more. */
  lease(networkId: string, address: string, containerId: string): void {
    this.#db.run('INSERT OR REPLACE INTO address_leases VALUES (?, ?, ?)', networkId, address, containerId);
  }

  /** Gives back what a container has, in one network or everywhere. */
  release(containerId: string, networkId?: string): void {
    if (networkId === undefined) {
      this.#db.run('DELETE FROM address_leases WHERE container_id = ?', containerId);
      this.#db.run("UPDATE endpoints SET lease = 'null' WHERE container_id = ?", containerId);
      return;
    }
    this.#db.run('DELETE FROM address_leases WHERE container_id = ? AND network_id = ?', containerId, networkId);
    this.#db.run(
      "UPDATE endpoints SET lease = 'null' WHERE container_id = ? AND network_id = ?",
      containerId,
      networkId,
    );
  }

  /** Forgets every address of a network. */
  forgetNetwork(networkId: string): void {
    this.#db.run('DELETE FROM address_leases WHERE network_id = ?', networkId);
  }
}

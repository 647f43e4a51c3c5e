/**
 * Tables of networks. `spec` is what the user said, `device` what the kernel gets of it (`null` for `host`, `none` and
 * configurations). `status` is `ready` or `removing`, with the remover's token in `remover`.
 *
 * `endpoints` has a row for each network that a container is to be in; `lease` is what it has there while it runs. Addresses
 * in use are in `address_leases` too, so that no two containers get one. A lease of a container that does not run is void.
 */
export const NETWORK_SCHEMA = {
  name: 'networks',
  versions: [
    `
    CREATE TABLE networks (
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      created_ns INTEGER NOT NULL,
      driver TEXT NOT NULL,
      spec TEXT NOT NULL,
      device TEXT NOT NULL,
      status TEXT NOT NULL DEFAULT 'ready',
      remover TEXT NOT NULL DEFAULT ''
    ) STRICT;
    CREATE TABLE endpoints (
      container_id TEXT NOT NULL REFERENCES containers(id) ON DELETE CASCADE,
      network TEXT NOT NULL,
      network_id TEXT NOT NULL DEFAULT '',
      position INTEGER NOT NULL,
      wish TEXT NOT NULL,
      lease TEXT NOT NULL DEFAULT 'null',
      PRIMARY KEY (container_id, network)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX endpoints_network ON endpoints(network_id);
    CREATE TABLE address_leases (
      network_id TEXT NOT NULL,
      address TEXT NOT NULL,
      container_id TEXT NOT NULL REFERENCES containers(id) ON DELETE CASCADE,
      PRIMARY KEY (network_id, address)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX address_leases_container ON address_leases(container_id);
    INSERT INTO endpoints (container_id, network, position, wish)
      SELECT id, json_extract(host_config, '$.NetworkMode'), 0, '{}' FROM containers
      WHERE json_extract(host_config, '$.NetworkMode') NOT LIKE 'container:%';
    `,
  ],
} as const;

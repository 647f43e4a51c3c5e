/**
 * Published ports, one row for each range that leads one to one into a container. Rows of containers that do not run are void.
 * `firewall_warnings`: what was in the way when the rules were last made.
 * `live`: not known to the keeper, which cannot take it out of the firewall when the container ends.
 */
export const PORT_SCHEMA = {
  name: 'ports',
  versions: [
    `
    CREATE TABLE published_ports (
      container_id TEXT NOT NULL REFERENCES containers(id) ON DELETE CASCADE,
      protocol TEXT NOT NULL,
      host_address TEXT NOT NULL,
      host_port INTEGER NOT NULL,
      container_port INTEGER NOT NULL,
      count INTEGER NOT NULL,
      PRIMARY KEY (protocol, host_address, host_port, container_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX published_ports_container ON published_ports(container_id);
    `,
    `ALTER TABLE published_ports ADD COLUMN live INTEGER NOT NULL DEFAULT 0;`,
    `CREATE TABLE firewall_warnings (text TEXT NOT NULL) STRICT;`,
  ],
} as const;

/**
 * Which subnets the engines of this machine have given to their networks. Every root has a database of its own; this small one
 * below /run is shared, so that two roots that make networks at the same moment do not choose the same subnet.
 */
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DATABASE_FILE } from '#store/metadata/database.ts';

const BUSY_TIMEOUT_MS = 30_000;
const FILE = 'subnets.db';

export interface SubnetClaim {
  /** Absolute; a claim of a root that is gone is void. */
  readonly root: string;
  readonly networkId: string;
  /** Canonical texts. */
  readonly subnets: readonly string[];
  /** The device that has the addresses. */
  readonly interfaceName: string;
}

/** Where the registry is: `/run/berth`, or the user's own place for programs without root's rights. */
export function registryDirectory(): string {
  const personal = process.env['XDG_RUNTIME_DIR'];
  return process.geteuid?.() !== 0 && personal ? `${personal}/berth` : '/run/berth';
}

function openRegistry(directory: string): DatabaseSync {
  mkdirSync(directory, { recursive: true, mode: 0o711 });
  const path = join(directory, FILE);
  // SQLite itself would make it readable for everybody.
  if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600));
  const db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  // It is made anew at every boot, and says nothing that is not in some root's own database: no need to wait for a disk.
  db.exec('PRAGMA synchronous=OFF');
  return db;
}

function readClaims(db: DatabaseSync): SubnetClaim[] {
  return db
    .prepare('SELECT root, network_id, subnets, interface FROM claims')
    .all()
    .map((raw) => ({
      root: raw['root'] as string,
      networkId: raw['network_id'] as string,
      subnets: JSON.parse(raw['subnets'] as string) as string[],
      interfaceName: raw['interface'] as string,
    }));
}

function forget(db: DatabaseSync, root: string, networkId: string): void {
  db.prepare('DELETE FROM claims WHERE root = ? AND network_id = ?').run(root, networkId);
}

function record(db: DatabaseSync, { root, networkId, subnets, interfaceName }: SubnetClaim): void {
  db.prepare('INSERT OR REPLACE INTO claims (root, network_id, subnets, interface) VALUES (?, ?, ?, ?)').run(
    root,
    networkId,
    JSON.stringify(subnets),
    interfaceName,
  );
}

/**
 * Chooses subnets while nobody else on the machine can.
 *
 * @param own what the caller's root has, read in the transaction that will write the new network: claims survive a reboot, and those of
 *   networks that are gone do not stay
 * @param choose is given the living claims of other roots and says what to claim; may throw
 */
export function claimSubnets<T extends { readonly claim: SubnetClaim }>(
  root: string,
  own: readonly SubnetClaim[],
  choose: (others: readonly SubnetClaim[]) => T,
  directory: string = registryDirectory(),
): T {
  const db = openRegistry(directory);
  try {
    db.exec('BEGIN IMMEDIATE');
    db.exec(`CREATE TABLE IF NOT EXISTS claims (root TEXT NOT NULL, network_id TEXT NOT NULL, subnets TEXT NOT NULL,
      interface TEXT NOT NULL, PRIMARY KEY (root, network_id)) STRICT, WITHOUT ROWID`);
    const claims = readClaims(db);
    const dead = claims.filter((claim) => !existsSync(join(claim.root, DATABASE_FILE)));
    for (const claim of dead) forget(db, claim.root, claim.networkId);
    const known = new Set(claims.filter((claim) => claim.root === root).map(({ networkId }) => networkId));
    for (const claim of own) if (!known.has(claim.networkId)) record(db, claim);
    // Whoever removed such a network was killed before he could say so here.
    const held = new Set(own.map(({ networkId }) => networkId));
    for (const networkId of known) if (!held.has(networkId)) forget(db, root, networkId);
    const result = choose(claims.filter((claim) => claim.root !== root && !dead.includes(claim)));
    record(db, result.claim);
    db.exec('COMMIT');
    return result;
  } finally {
    if (db.isTransaction) db.exec('ROLLBACK');
    db.close();
  }
}

/** Takes back a claim; nothing happens when there is none. */
export function releaseSubnets(root: string, networkId: string, directory: string = registryDirectory()): void {
  if (!existsSync(join(directory, FILE))) return;
  const db = openRegistry(directory);
  try {
    const exists = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'claims'").get();
    if (exists !== undefined) forget(db, root, networkId);
  } finally {
    db.close();
  }
}

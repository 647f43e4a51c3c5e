/** What other roots on this machine publish: each has tables of its own, and the kernel asks all of them. */
import { interfaceNames } from '#sys/interface-counters.ts';
import type { TableFamily } from '#sys/nftables/message.ts';
import { findTable, listElements, readComment, readElements, type SetElement } from '#sys/nftables/object.ts';
import { NETLINK_NETFILTER, talk } from '#sys/nftables/talk.ts';
import type { PublishedRange } from '../model.ts';
import type { FirewallNames } from './firewall-names.ts';
import { addressKey, protocolKey } from './key.ts';
import { SETS } from './table.ts';

/** Ports that a root has published. */
export interface ForeignRange {
  readonly table: string;
  readonly family: TableFamily;
  readonly protocol: number;
  /** Address, in hexadecimal; undefined: all of the family. */
  readonly address?: string;
  readonly hostPort: number;
  readonly count: number;
}

const EXITS = /^(?:berth-out|bout-([0-9a-f]{9}))$/;

/** The tables of other roots, by the interfaces that come with each: nearly always none, and nothing else is asked then. */
export function otherTables(names: FirewallNames): string[] {
  return interfaceNames().flatMap((name) => {
    const match = EXITS.exec(name);
    if (match === null || name === names.exit) return [];
    return [match[1] === undefined ? 'berth' : `berth-${match[1]}`];
  });
}

function rangeOf(table: string, family: TableFamily, { key, keyEnd = key }: SetElement): ForeignRange {
  const width = family === 'ip' ? 4 : 16;
  const [first, last] = [Buffer.from(key), Buffer.from(keyEnd)];
  const hostPort = first.readUInt16BE(width + 4);
  const address = first.toString('hex', 0, width);
  return {
    table,
    family,
    protocol: first.readUInt8(width),
    ...(address === last.toString('hex', 0, width) ? { address } : {}),
    hostPort,
    count: last.readUInt16BE(width + 4) - hostPort + 1,
  };
}

/** All that these tables publish. @param tables names; those that are gone publish nothing */
export async function foreignRanges(tables: readonly string[]): Promise<ForeignRange[]> {
  const found: ForeignRange[] = [];
  for (const name of tables) {
    for (const family of ['ip', 'ip6'] as const) {
      for (const set of [SETS.guarded, SETS.open]) {
        const { messages } = await talk(NETLINK_NETFILTER, [listElements({ family, name }, set)]);
        for (const element of messages.flatMap(readElements)) found.push(rangeOf(name, family, element));
      }
    }
  }
  return found;
}

/** The ports that both have, at an address that both are at: first and count. */
export function commonPorts(
  range: PublishedRange,
  foreign: ForeignRange,
): { readonly first: number; readonly count: number } | undefined {
  const { protocol, hostAddress, hostPort, count } = range;
  if ((foreign.family === 'ip6') !== hostAddress.includes(':')) return undefined;
  if (foreign.protocol !== protocolKey(protocol)[0]) return undefined;
  const isEverywhere = hostAddress === '0.0.0.0' || hostAddress === '::';
  if (!isEverywhere && foreign.address !== undefined && foreign.address !== addressKey(hostAddress).toString('hex')) {
    return undefined;
  }
  const first = Math.max(hostPort, foreign.hostPort);
  const end = Math.min(hostPort + count, foreign.hostPort + foreign.count);
  return first < end ? { first, count: end - first } : undefined;
}

/** The root whose table it is, as far as the table says. */
export async function rootOfTable(name: string): Promise<string> {
  const { messages } = await talk(NETLINK_NETFILTER, [findTable({ family: 'ip', name })]);
  return messages.map(readComment).find((comment) => comment !== '') ?? `with the table ${name}`;
}

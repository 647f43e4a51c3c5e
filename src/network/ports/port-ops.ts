/** Published ports in a launch plan: elements that come with the container and go with it, although no process of Berth's lives. */
import type { PlanOp } from '#sys/keeper/plan.ts';
import { batchBytes } from '#sys/nftables/message.ts';
import { findTable } from '#sys/nftables/object.ts';
import type { Publication } from '../firewall/elements.ts';
import type { FirewallNames } from '../firewall/firewall-names.ts';
import { publicationBatch } from '../firewall/ruleset.ts';
import type { Endpoint, PublishedRange } from '../model.ts';

const NETLINK_NETFILTER = 12;

/**
 * Which address of a container each range leads to: that of the endpoint which is its way out in the range's family.
 * Ranges of a family that the container has no way out in lead nowhere, and are left out.
 */
export function publicationsOf(
  endpoints: readonly Endpoint[],
  ranges: readonly PublishedRange[],
  isOpen: (endpoint: Endpoint) => boolean,
): Publication[] {
  const v4 = endpoints.find((endpoint) => endpoint.defaultGateway.v4);
  const v6 = endpoints.find((endpoint) => endpoint.defaultGateway.v6);
  return ranges.flatMap((range): Publication[] => {
    const isV6 = range.hostAddress.includes(':');
    const endpoint = isV6 ? v6 : v4;
    const address = isV6 ? endpoint?.ipv6 : endpoint?.ipv4;
    if (endpoint === undefined || address === undefined || endpoint.network.driver !== 'bridge') return [];
    return [{ network: endpoint.network, address, range, isOpen: isOpen(endpoint) }];
  });
}

/**
 * What takes ports out of the tables again: a batch for each, so that one which is not there any more does not keep the others.
 *
 * @returns bytes for the keeper's op `netlink-batches`
 */
export function portCleanup(names: FirewallNames, publications: readonly Publication[]): Buffer {
  return Buffer.concat(
    publications.map((publication) => {
      const batch = publicationBatch(names, [publication], 'delete');
      return batch.length === 0 ? Buffer.alloc(0) : batchBytes(batch);
    }),
  );
}

/**
 * Ops for `LaunchOptions.network` and `networkCleanup`. A PlanError with ENOENT says that the tables are missing, with EEXIST or
 * EBUSY that a keeper was killed and left something: make the tables anew (`restoreFirewall`) and launch again.
 *
 * @param cleanupFile where whoever changes the ports of the running container writes what is to be taken out at its end
 */
export function portOps(
  names: FirewallNames,
  publications: readonly Publication[],
  cleanupFile: string,
): { readonly ops: readonly PlanOp[]; readonly cleanup: readonly PlanOp[] } {
  const family = NETLINK_NETFILTER;
  const words = publications.map(({ range }) => wordsOf(range)).join(', ');
  const planned = portCleanup(names, publications);
  const about = words === '' ? 'end what is published later' : `end ${words}`;
  const end: PlanOp = { side: 'cleanup', op: 'netlink-batches', family, at: { path: cleanupFile }, planned, about };
  const add = publicationBatch(names, publications, 'add');
  if (add.length === 0) return { ops: [], cleanup: [end] };
  const messages = add.map((bytes) => ({ bytes }));
  const publish = `publish ${words} in the table ${names.table}`;
  return {
    ops: [{ side: 'parent', op: 'netlink', family, batch: true, messages, about: publish }],
    cleanup: [end],
  };
}

/** `0.0.0.0:8000-8009→80-89/tcp` */
function wordsOf({ hostAddress, hostPort, containerPort, count, protocol }: PublishedRange): string {
  const span = (first: number) => (count === 1 ? String(first) : `${first}-${first + count - 1}`);
  const address = hostAddress.includes(':') ? `[${hostAddress}]` : hostAddress;
  return `${address}:${span(hostPort)}→${span(containerPort)}/${protocol}`;
}

/** Fails with ENOENT when the root's tables are not there; changes nothing. */
export function presenceOp(names: FirewallNames): PlanOp {
  const messages = [{ bytes: findTable({ family: 'ip', name: names.table }) }];
  const about = `see that the table ${names.table} is there`;
  return { side: 'parent', op: 'netlink', family: NETLINK_NETFILTER, messages, about };
}

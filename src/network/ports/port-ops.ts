/** Published ports in a launch plan: elements that come with the container and go with it, although no process of Berth's lives. */
import type { PlanOp } from '#sys/keeper/plan.ts';
import { findTable } from '#sys/nftables/object.ts';
import type { Publication } from '../firewall/elements.ts';
import type { FirewallNames } from '../firewall/firewall-names.ts';
import { publicationBatch } from '../firewall/ruleset.ts';
import type { Endpoint, PublishedRange } from '../model.ts';

const NETLINK_NETFILTER = 12;
const ENOENT = 2;

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
 * Ops for `LaunchOptions.network` and `networkCleanup`. A PlanError with ENOENT says that the tables are missing, with EEXIST or
 * EBUSY that a keeper was killed and left something: make the tables anew (`restoreFirewall`) and launch again.
 */
export function portOps(
  names: FirewallNames,
  publications: readonly Publication[],
): { readonly ops: readonly PlanOp[]; readonly cleanup: readonly PlanOp[] } {
  const add = publicationBatch(names, publications, 'add');
  if (add.length === 0) return { ops: [], cleanup: [] };
  const common = { op: 'netlink', family: NETLINK_NETFILTER, batch: true } as const;
  const about = `publish ${publications.map(({ range }) => wordsOf(range)).join(', ')} in the table ${names.table}`;
  return {
    ops: [{ side: 'parent', ...common, messages: add.map((bytes) => ({ bytes })), about }],
    // One by one: what was taken back while the container ran must not keep the rest.
    cleanup: publications.flatMap((publication): PlanOp[] => {
      const about = `end ${wordsOf(publication.range)}`;
      const messages = publicationBatch(names, [publication], 'delete').map((bytes) => ({ bytes }));
      return messages.length === 0 ? [] : [{ side: 'cleanup', ...common, messages, tolerate: [ENOENT], about }];
    }),
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

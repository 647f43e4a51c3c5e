/** All messages that make a root's tables anew, at once: who asks during the change meets the old rules or the new ones. */
import { batchOf, type TableFamily } from '#sys/nftables/message.ts';
import { addElements, deleteElements, deleteTable, newChain, newRule, newSet, newTable } from '#sys/nftables/object.ts';
import type { NetworkDevice } from '../model.ts';
import { bySet, type Member, networkMembers, type Publication, publicationMembers } from './elements.ts';
import type { FirewallNames } from './firewall-names.ts';
import { chainsOf, familyOf, setsOf, type TableParts, tableOf } from './table.ts';

const TABLE_FAMILIES: readonly TableFamily[] = ['ip', 'ip6'];

/** What the tables of a root are made of. */
export interface FirewallState {
  readonly networks: readonly NetworkDevice[];
  readonly publications: readonly Publication[];
}

function familyMembers(state: FirewallState, family: 4 | 6): Member[] {
  return [
    ...state.networks.flatMap((network) => networkMembers(network, family)),
    ...state.publications
      .filter(({ range }) => range.hostAddress.includes(':') === (family === 6))
      .flatMap(publicationMembers),
  ];
}

/**
 * Replaces the tables by new ones, whatever was in them.
 *
 * @returns a batch for NETLINK_NETFILTER
 */
export function rulesetBatch(parts: TableParts, state: FirewallState): Buffer[] {
  return batchOf(
    TABLE_FAMILIES.flatMap((family) => {
      const table = tableOf(family, parts.names);
      const chains = chainsOf(family, parts);
      return [
        // Made first, so that there is one to delete.
        newTable(table),
        deleteTable(table),
        newTable(table),
        ...setsOf(family).map((set, i) => newSet(table, set, i + 1)),
        ...chains.map((chain) => newChain(table, chain)),
        ...[...bySet(familyMembers(state, familyOf(family)))].flatMap(([set, elements]) =>
          addElements(table, set, elements),
        ),
        ...chains.flatMap((chain) => chain.rules.map((rule) => newRule(table, chain.name, rule))),
      ];
    }),
  );
}

/** Takes the tables away. @returns a batch for NETLINK_NETFILTER */
export function removalBatch(names: FirewallNames): Buffer[] {
  return batchOf(
    TABLE_FAMILIES.flatMap((family) => {
      const table = tableOf(family, names);
      return [newTable(table), deleteTable(table)];
    }),
  );
}

function memberMessages(names: FirewallNames, family: TableFamily, members: readonly Member[], how: 'add' | 'delete') {
  const change = how === 'add' ? addElements : deleteElements;
  return [...bySet(members)].flatMap(([set, elements]) => change(tableOf(family, names), set, elements));
}

/** Adds a network to the tables, or takes it out. @returns a batch; fails with ENOENT when the tables are not there */
export function networkBatch(names: FirewallNames, network: NetworkDevice, how: 'add' | 'delete'): Buffer[] {
  return batchOf(
    TABLE_FAMILIES.flatMap((family) => memberMessages(names, family, networkMembers(network, familyOf(family)), how)),
  );
}

function publicationMessages(
  names: FirewallNames,
  publications: readonly Publication[],
  how: 'add' | 'delete',
): Buffer[] {
  return TABLE_FAMILIES.flatMap((family) => {
    const ours = publications.filter(({ range }) => range.hostAddress.includes(':') === (family === 'ip6'));
    return memberMessages(names, family, ours.flatMap(publicationMembers), how);
  });
}

/** Publishes, or ends that. @returns a batch; empty when there is nothing to say */
export function publicationBatch(
  names: FirewallNames,
  publications: readonly Publication[],
  how: 'add' | 'delete',
): Buffer[] {
  return replacementBatch(names, how === 'delete' ? publications : [], how === 'add' ? publications : []);
}

/** Publishes something instead of something else, at once. @returns a batch; empty when there is nothing to say */
export function replacementBatch(
  names: FirewallNames,
  removed: readonly Publication[],
  added: readonly Publication[],
): Buffer[] {
  const messages = [...publicationMessages(names, removed, 'delete'), ...publicationMessages(names, added, 'add')];
  return messages.length === 0 ? [] : batchOf(messages);
}

/** The tables of a root as they are in the kernel: made, changed, taken away. For starts see `ports/port-ops.ts`. */
import { BerthError } from '#base/errors.ts';
import { readNetSetting } from '#sys/net-settings.ts';
import { applyChanges, linkNamed } from '#sys/netlink/interfaces.ts';
import { hairpinPort } from '#sys/netlink/link.ts';
import { NETLINK_NETFILTER, type Refusal, talk } from '#sys/nftables/talk.ts';
import { widenLoopback } from '../links/bursts.ts';
import type { NetworkDevice } from '../model.ts';
import type { Publication } from './elements.ts';
import { ensureEntryPair, removeEntryPair } from './entry-pair.ts';
import type { FirewallNames } from './firewall-names.ts';
import { type FirewallState, networkBatch, removalBatch, replacementBatch, rulesetBatch } from './ruleset.ts';

const EPERM = 1;
const ENOENT = 2;
const EBUSY = 16;
const EEXIST = 17;
const EINVAL = 22;
const EOPNOTSUPP = 95;

/** An answer that a table made anew puts right: it is missing, or what a killed keeper left stands in the way. */
export function isOutdated(errno: number): boolean {
  return errno === ENOENT || errno === EEXIST || errno === EBUSY;
}

function refused(what: string, { errno, index }: Refusal): BerthError {
  const message = `cannot ${what}: the kernel refuses message ${index} with errno ${errno}`;
  const hint =
    errno === EPERM
      ? 'changing firewall rules needs CAP_NET_ADMIN'
      : errno === ENOENT || errno === EOPNOTSUPP || errno === EINVAL
        ? 'the kernel needs nf_tables with nat, masq, fib and dup for IPv4 and IPv6 (modules nft_nat, nft_masq, nft_fib_ipv4, nft_dup_ipv4, …)'
        : undefined;
  const kind = errno === EPERM ? 'forbidden' : 'unsupported';
  return new BerthError(kind, 'firewall.refused', message, { ...(hint && { hint }), details: { errno, index } });
}

/** With bridged packets in the IP rules an answer to ::1 comes back as one that no kernel takes; then ::1 is left alone. */
function answersAtLoopbackV6(): boolean {
  return (readNetSetting('bridge/bridge-nf-call-ip6tables') ?? '0') === '0';
}

/**
 * Makes the tables of a root anew, at once, whatever is there. Connections go on: they follow connection tracking.
 *
 * @throws unsupported when the kernel lacks something, forbidden without CAP_NET_ADMIN
 */
export async function writeFirewall(names: FirewallNames, state: FirewallState): Promise<void> {
  await widenLoopback();
  const parts = { names, ...(await ensureEntryPair(names)), loopbackV6: answersAtLoopbackV6() };
  const { refusal } = await talk(NETLINK_NETFILTER, rulesetBatch(parts, state));
  if (refusal !== undefined) throw refused(`make the tables ${names.table}`, refusal);
}

/** Takes away all that {@link writeFirewall} made. */
export async function removeFirewall(names: FirewallNames): Promise<void> {
  const { refusal } = await talk(NETLINK_NETFILTER, removalBatch(names));
  if (refusal !== undefined) throw refused(`remove the tables ${names.table}`, refusal);
  await removeEntryPair(names);
}

/**
 * Puts a network into the tables or takes it out.
 *
 * @returns false when the tables are not as they should be: make them anew
 */
export async function changeNetwork(
  names: FirewallNames,
  network: NetworkDevice,
  how: 'add' | 'delete',
): Promise<boolean> {
  const { refusal } = await talk(NETLINK_NETFILTER, networkBatch(names, network, how));
  if (refusal === undefined) return true;
  if (isOutdated(refusal.errno)) return false;
  throw refused(`change the tables ${names.table}`, refusal);
}

/**
 * Publishes ports of a running container instead of others, at once.
 *
 * @param ports interfaces on the host that lead to the container, which is to reach itself by them
 * @returns false as {@link changeNetwork} does
 */
export async function replacePublications(
  names: FirewallNames,
  removed: readonly Publication[],
  added: readonly Publication[],
  ports: readonly string[],
): Promise<boolean> {
  for (const name of added.length > 0 ? ports : []) {
    const link = await linkNamed(name);
    if (link === undefined) continue;
    await applyChanges([{ message: hairpinPort(link.index), about: `let ${name} reach itself` }]);
  }
  const batch = replacementBatch(names, removed, added);
  if (batch.length === 0) return true;
  const { refusal } = await talk(NETLINK_NETFILTER, batch);
  if (refusal === undefined) return true;
  if (isOutdated(refusal.errno)) return false;
  throw refused(`publish ports in the tables ${names.table}`, refusal);
}

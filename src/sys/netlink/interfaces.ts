/** Interfaces of this process's network namespace, changed and listed now. Not on the way of a start: its messages go by the keeper. */
import { constants } from 'node:os';
import { BerthError } from '#base/errors.ts';
import { NETLINK_ROUTE, talk } from '../nftables/talk.ts';
import { askAddresses, type KeptAddress, readAddress } from './kept-address.ts';
import { askLink, askLinks } from './link.ts';
import { type Link, readLink } from './read-link.ts';
import type { RouteMessage } from './route-message.ts';

const NAMES = new Map<number, string>(Object.entries(constants.errno).map(([name, number]) => [number, name]));

const WORDS: Readonly<Record<string, string>> = {
  EPERM: 'operation not permitted (it needs CAP_NET_ADMIN)',
  EOPNOTSUPP: 'the kernel lacks this kind of interface',
  EBUSY: 'device or resource busy',
  ENODEV: 'no such device',
  EINVAL: 'invalid argument',
  EADDRINUSE: 'address in use',
  ENOMEM: 'out of memory',
};

/** One change, and what it is in words. */
export interface Change {
  readonly message: RouteMessage;
  /** `make the bridge br0` */
  readonly about: string;
  /** Refusals that mean that it is as it should be: `EEXIST`. */
  readonly tolerate?: readonly string[];
}

/**
 * Carries out changes one after the other, with interfaces given by index.
 *
 * @throws BerthError `netlink.refused` at the first refusal that is not tolerated, with the errno's name in `details.errno`
 */
export async function applyChanges(changes: readonly Change[]): Promise<void> {
  for (const { message, about, tolerate = [] } of changes) {
    const { refusal } = await talk(NETLINK_ROUTE, [message.bytes]);
    if (refusal === undefined) continue;
    const errno = NAMES.get(refusal.errno) ?? `errno ${refusal.errno}`;
    if (tolerate.includes(errno)) continue;
    const why = WORDS[errno] ?? errno;
    throw new BerthError('internal', 'netlink.refused', `cannot ${about}: ${why}`, { details: { errno } });
  }
}

/** @returns undefined when there is none of that name */
export async function linkNamed(name: string): Promise<Link | undefined> {
  const { messages } = await talk(NETLINK_ROUTE, [askLink(name)]);
  return messages.flatMap((message) => readLink(message) ?? [])[0];
}

/** All interfaces. */
export async function allLinks(): Promise<Link[]> {
  const { messages } = await talk(NETLINK_ROUTE, [askLinks()]);
  return messages.flatMap((message) => readLink(message) ?? []);
}

/** All addresses of all interfaces. */
export async function allAddresses(): Promise<KeptAddress[]> {
  const { messages } = await talk(NETLINK_ROUTE, [askAddresses()]);
  return messages.flatMap((message) => readAddress(message) ?? []);
}

/** Which address of a pool an endpoint gets. */

import { type Address, formatAddress, parseAddress } from '#base/ip-address.ts';
import { addressOf, boundsOf, contains, subnetOf, unusableOf } from '#base/ip-subnet.ts';
import type { AddressPool } from '../model.ts';

/** Addresses of a pool that no endpoint gets: its ends, the gateway, the user's reserved ones. */
export function reservedOf(pool: AddressPool): Set<bigint> {
  const reserved = new Set(unusableOf(subnetOf(pool.subnet)));
  if (pool.gateway !== undefined) reserved.add(addressOf(pool.gateway).value);
  for (const text of Object.values(pool.reserved)) reserved.add(addressOf(text).value);
  return reserved;
}

/**
 * The lowest free address of a pool's range.
 *
 * @param taken canonical texts of leased addresses
 * @returns canonical text; undefined when none is free
 */
export function lowestFree(pool: AddressPool, taken: ReadonlySet<string>): string | undefined {
  const subnet = subnetOf(pool.subnet);
  const { first, last } = boundsOf(pool.range === undefined ? subnet : subnetOf(pool.range));
  const reserved = reservedOf(pool);
  for (let value = first; value <= last; value++) {
    if (reserved.has(value)) continue;
    const text = formatAddress({ family: subnet.family, value });
    if (!taken.has(text)) return text;
  }
  return undefined;
}

/** What is wrong with an address that a user wants, if anything. */
export type AddressVerdict = 'good' | 'outside' | 'reserved' | 'taken';

/** Whether a user may have this address of a pool; it need not be in the pool's range. */
export function verdictOn(pool: AddressPool, address: Address, taken: ReadonlySet<string>): AddressVerdict {
  if (!contains(subnetOf(pool.subnet), address)) return 'outside';
  if (reservedOf(pool).has(address.value)) return 'reserved';
  return taken.has(formatAddress(address)) ? 'taken' : 'good';
}

/** The pool of a network that an address belongs to. */
export function poolOf(pools: readonly AddressPool[], text: string): AddressPool | undefined {
  const address = parseAddress(text);
  return address === undefined ? undefined : pools.find((pool) => contains(subnetOf(pool.subnet), address));
}

import { subnetOf } from '#base/ip-subnet.ts';
import type { InterfaceAddress } from '#sys/netlink/address.ts';
import { addressKey } from '../firewall/key.ts';
import type { AddressPool } from '../model.ts';

/** An address with the prefix length of its pool, as the kernel takes it. @param address without prefix length, checked before */
export function inPool(address: string, pool: AddressPool): InterfaceAddress {
  return { family: pool.family, bytes: addressKey(address), prefix: subnetOf(pool.subnet).bits };
}

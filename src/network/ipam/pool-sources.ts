/** What a user may say about where the subnets of networks come from (`default-address-pools` of Docker's daemon). */
import { formatSubnet, masked, parseSubnet } from '#base/ip-subnet.ts';
import type { PoolSource } from './free-subnet.ts';

/** Smaller than this there is no room for a gateway and a container. */
const LONGEST: Readonly<Record<4 | 6, number>> = { 4: 30, 6: 126 };

function sourceOf(value: unknown): PoolSource {
  const { base, size, ...others } = (typeof value === 'object' && value !== null ? value : {}) as Record<
    string,
    unknown
  >;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw new Error(`an address pool has no ${unknown}`);
  const subnet = typeof base === 'string' ? parseSubnet(base) : undefined;
  if (subnet === undefined) throw new Error(`base is ${JSON.stringify(base)}, wanted a subnet such as "10.80.0.0/16"`);
  if (masked(subnet).value !== subnet.value)
    throw new Error(`base is ${base}, it should be ${formatSubnet(masked(subnet))}`);
  if (!Number.isInteger(size) || Number(size) < subnet.bits || Number(size) > LONGEST[subnet.family]) {
    throw new Error(
      `size is ${JSON.stringify(size)}, wanted a prefix length from ${subnet.bits} to ${LONGEST[subnet.family]}`,
    );
  }
  return { base: formatSubnet(subnet), size: Number(size) };
}

/**
 * Checks a list of pools from a file.
 *
 * @throws Error that says what is wrong
 */
export function poolSources(value: unknown): PoolSource[] {
  if (!Array.isArray(value)) throw new Error(`address pools are ${JSON.stringify(value)}, wanted a list`);
  return value.map(sourceOf);
}

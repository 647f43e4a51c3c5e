/** Subnets, ranges and gateways of a new network: what the user chose, checked, and the rest chosen so that nothing collides. */
import { networkInterfaces } from 'node:os';
import { BerthError } from '#base/errors.ts';
import { formatAddress, parseAddress } from '#base/ip-address.ts';
import { contains, formatSubnet, overlaps, parseSubnet, type Subnet, subnetOf, unusableOf } from '#base/ip-subnet.ts';
import { randomBytes } from '#base/random.ts';
import { lowestFree } from '#network/ipam/choose-address.ts';
import { chooseSubnet, chooseUniqueLocal, DEFAULT_SOURCES } from '#network/ipam/free-subnet.ts';
import type { AddressPool } from '#network/model.ts';
import { hasInterface, usedPrefixes } from '#sys/host-routes.ts';
import type { EngineContext } from '../context.ts';
import { readPortSettings } from '../ports/port-settings.ts';
import type { NetworkRow } from '../state/network-row.ts';
import { claimSubnets, type SubnetClaim } from '../state/subnet-registry.ts';

/** One subnet to be. */
export interface PoolWish {
  readonly family: 4 | 6;
  /** Canonical text; chosen when absent. */
  readonly subnet?: string;
  readonly range?: string;
  readonly gateway?: string;
  readonly reserved?: Readonly<Record<string, string>>;
  /** Nobody is to have a gateway's address. */
  readonly withoutGateway?: boolean;
}

export interface PoolRequest {
  readonly networkId: string;
  readonly interfaceName: string;
  readonly wants: readonly PoolWish[];
  /** The host has an address on the network and reaches it directly. */
  readonly isBridged: boolean;
}

type ClaimContext = Pick<EngineContext, 'root' | 'networks' | 'options'>;

function forbidden(message: string, hint?: string): BerthError {
  return new BerthError('forbidden', 'network.addresses', message, hint === undefined ? {} : { hint });
}

function claimsOf(root: string, networks: readonly NetworkRow[]): SubnetClaim[] {
  return networks.flatMap(({ id, device }) =>
    device === null
      ? []
      : [
          {
            root,
            networkId: id,
            interfaceName: device.interfaceName,
            subnets: device.pools.map(({ subnet }) => subnet),
          },
        ],
  );
}

/** A subnet that nothing uses. @throws forbidden when none is left */
function freeSubnet(context: ClaimContext, family: 4 | 6, occupied: readonly Subnet[]): Subnet {
  const ownSources = readPortSettings(context.root).addressPools;
  const sources = ownSources.length > 0 ? ownSources : (context.options.defaults?.().addressPools ?? []);
  const ofFamily = sources.filter(({ base }) => subnetOf(base).family === family);
  if (family === 6 && ofFamily.length === 0) {
    const found = chooseUniqueLocal(() => randomBytes(7), occupied);
    if (found !== undefined) return found;
  }
  const found = chooseSubnet(ofFamily.length > 0 ? ofFamily : DEFAULT_SOURCES, occupied);
  if (found !== undefined && found.family === family) return found;
  throw forbidden(
    'all predefined address pools have been fully subnetted',
    'remove networks that nothing uses (network prune), or choose a subnet with --subnet',
  );
}

/** Gateway and reserved addresses of one subnet, none of them twice. */
function completePool(wish: PoolWish, subnet: string): AddressPool {
  const bare: AddressPool = {
    family: wish.family,
    subnet,
    ...(wish.range === undefined ? {} : { range: wish.range }),
    reserved: {},
  };
  const gateway = wish.withoutGateway ? undefined : gatewayOf(bare, wish.gateway);
  const taken = new Set(unusableOf(subnetOf(subnet)).map((value) => formatAddress({ family: wish.family, value })));
  if (gateway !== undefined) taken.add(gateway);
  for (const [name, address] of Object.entries(wish.reserved ?? {})) {
    if (taken.has(address))
      throw forbidden(`failed to allocate secondary ip address (${name}:${address}): Address already in use`);
    taken.add(address);
  }
  return { ...bare, ...(gateway === undefined ? {} : { gateway }), reserved: wish.reserved ?? {} };
}

function gatewayOf(pool: AddressPool, wish: string | undefined): string | undefined {
  if (wish === undefined) {
    const chosen = lowestFree(pool, new Set());
    if (chosen !== undefined) return chosen;
    throw forbidden(
      'failed to allocate gateway (): No available addresses on this pool',
      `${pool.subnet} has no room for a gateway and a container`,
    );
  }
  const address = parseAddress(wish)!;
  if (unusableOf(subnetOf(pool.subnet)).includes(address.value))
    throw forbidden(`failed to allocate gateway (${wish}): Address already in use`);
  return formatAddress(address);
}

function overlapping(subnet: Subnet, claims: readonly SubnetClaim[]): SubnetClaim | undefined {
  return claims.find((claim) => claim.subnets.some((text) => overlaps(subnetOf(text), subnet)));
}

function overlapError(subnet: string, claim: SubnetClaim): BerthError {
  return forbidden(
    'Pool overlaps with other one on this address space',
    `${subnet} and ${claim.subnets.join(', ')} of the network ${claim.networkId.slice(0, 12)}${claim.interfaceName === '' ? '' : ` (${claim.interfaceName})`} of ${claim.root} overlap`,
  );
}

/**
 * A bridge with the subnet of another interface cuts the host off from what is there. A subnet within such a one is the user's choice.
 *
 * @throws forbidden, in the words that Docker has for overlaps
 */
function checkHost(subnet: Subnet, interfaceName: string): void {
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    if (name === interfaceName) continue;
    const own = addresses?.find(({ address }) => contains(subnet, parseAddress(address.replace(/%.*$/, ''))!));
    if (own === undefined) continue;
    throw forbidden(
      'Pool overlaps with other one on this address space',
      `${formatSubnet(subnet)} has the address ${own.address} of the interface ${name} of this host`,
    );
  }
}

function resolveWishes(
  context: ClaimContext,
  request: PoolRequest,
  own: readonly SubnetClaim[],
  others: readonly SubnetClaim[],
): AddressPool[] {
  const chosen: Subnet[] = [];
  for (const { subnet } of request.wants) {
    if (subnet === undefined) continue;
    const wanted = subnetOf(subnet);
    // Another root's claim counts when its device is there: a network that was never used keeps nobody from a subnet of his choice.
    const present = others.filter(({ interfaceName }) => hasInterface(interfaceName));
    const obstacle = overlapping(wanted, [...own, ...present]);
    if (obstacle !== undefined) throw overlapError(subnet, obstacle);
    if (request.isBridged) checkHost(wanted, request.interfaceName);
    if (chosen.some((other) => overlaps(other, wanted)))
      throw forbidden('Pool overlaps with other one on this address space');
    chosen.push(wanted);
  }
  let occupied: Subnet[] | undefined;
  return request.wants.map((wish) => {
    if (wish.subnet !== undefined) return completePool(wish, wish.subnet);
    occupied ??= [...usedPrefixes(), ...[...own, ...others].flatMap(({ subnets }) => subnets)].flatMap(
      (text) => parseSubnet(text) ?? [],
    );
    const subnet = freeSubnet(context, wish.family, [...occupied, ...chosen]);
    chosen.push(subnet);
    return completePool(wish, formatSubnet(subnet));
  });
}

/**
 * Decides about the addresses of a new network, and makes sure that no other engine on the machine decides the same. Call in
 * the transaction that inserts the network.
 *
 * @param networks all that the root has
 * @throws forbidden, in Docker's words, for subnets that overlap others' and addresses given twice
 */
export function claimPools(
  context: ClaimContext,
  request: PoolRequest,
  networks: readonly NetworkRow[] = context.networks.all(),
): AddressPool[] {
  const own = claimsOf(context.root, networks);
  return claimSubnets(context.root, own, (others) => {
    const pools = resolveWishes(context, request, own, others);
    const subnets = pools.map(({ subnet }) => subnet);
    const { networkId, interfaceName } = request;
    return { pools, claim: { root: context.root, networkId, interfaceName, subnets } };
  }).pools;
}

/** What a container has in its networks while it runs: addresses and names, leased when it starts, free again when it ends. */
import { BerthError } from '#base/errors.ts';
import { newId } from '#base/ids.ts';
import { addressOf } from '#base/ip-subnet.ts';
import { randomBytes } from '#base/random.ts';
import { lowestFree, verdictOn } from '#network/ipam/choose-address.ts';
import { macOfIpv4, randomMac } from '#network/ipam/mac-address.ts';
import type { AddressPool, Endpoint, NetworkDevice } from '#network/model.ts';
import type { EngineContext } from '../context.ts';
import type { ContainerRow } from '../state/container-row.ts';
import type { EndpointLease, EndpointRow, NetworkRow } from '../state/network-row.ts';
import { currentBoot, isProcessAlive } from '../state/process-token.ts';
import { endpointSysctls, wishedInterfaceName } from './endpoint-options.ts';
import { networkOfEndpoint } from './find-network.ts';

/** Docker puts this before whatever keeps a container out of its networks. */
const SETUP_FAILED = 'failed to set up container networking';
const HOST_NAME_DIGITS = 11;

type NetworkContext = Pick<EngineContext, 'root' | 'sql' | 'containers' | 'networks' | 'endpoints' | 'options'>;

/** One place in a network being leased. */
interface Claim {
  readonly row: EndpointRow;
  readonly network: NetworkRow;
}

function fail(message: string, kind: 'invalid' | 'conflict' | 'not-found' | 'unavailable' = 'conflict'): BerthError {
  return new BerthError(kind, 'network.setup', `${SETUP_FAILED}: ${message}`);
}

/**
 * Leases addresses in all networks of a container and says what it is there. Call inside the start: leases count while the
 * row is `starting`, `running` or `paused`; an address held by a container that does not run is free.
 *
 * @returns one endpoint per network with devices, in the order of the interfaces; none for `host`, `none` and joined containers
 * @throws not-found for a network that is gone, conflict for an address in use or a network without free ones
 */
export function leaseEndpoints(context: NetworkContext, row: ContainerRow): Endpoint[] {
  return context.sql.transaction(() => {
    context.endpoints.release(row.id);
    if (row.spec.config.NetworkDisabled === true) return [];
    const claims = context.endpoints.of(row.id).map((place) => ({ row: place, network: findNetwork(context, place) }));
    const leases = leaseAll(context, claims);
    return claims.flatMap((claim, i) => endpointOf(claim, leases[i]!));
  });
}

/**
 * Leases an address in one more network for a running container.
 *
 * @param wish the row as it was inserted, without a lease
 * @returns the endpoint; undefined for networks without devices
 */
export function leaseOne(context: NetworkContext, containerId: string, networkName: string): Endpoint | undefined {
  return context.sql.transaction(() => {
    const places = context.endpoints.of(containerId);
    const claims = places.map((place) => ({ row: place, network: findNetwork(context, place) }));
    const index = places.findIndex(({ network }) => network === networkName);
    const leases = leaseAll(context, claims);
    return endpointOf(claims[index]!, leases[index]!)[0];
  });
}

/** What the container has now, as {@link leaseEndpoints} said; nothing while it does not run. */
export function currentEndpoints(context: NetworkContext, containerId: string): Endpoint[] {
  return context.endpoints.of(containerId).flatMap((row) => {
    const network = row.lease === null ? undefined : context.networks.get(row.networkId);
    return network === undefined || row.lease === null ? [] : endpointOf({ row, network }, row.lease);
  });
}

/** What a running container has in its other networks once it has left one, with their default routes chosen anew and written down. */
export function endpointsWithout(context: NetworkContext, containerId: string, networkId: string): Endpoint[] {
  return context.sql.transaction(() => {
    const claims = context.endpoints.of(containerId).flatMap((row) => {
      const network =
        row.lease === null || row.networkId === networkId ? undefined : context.networks.get(row.networkId);
      return network === undefined ? [] : [{ row, network }];
    });
    const leases = leaseAll(context, claims);
    return claims.flatMap((claim, i) => endpointOf(claim, leases[i]!));
  });
}

/** Gives back all that a container has, published ports too; part of the transaction that records its end. */
export function releaseEndpoints(context: Pick<EngineContext, 'endpoints' | 'ports'>, containerId: string): void {
  context.endpoints.release(containerId);
  context.ports.release(containerId);
}

function findNetwork(context: NetworkContext, place: EndpointRow): NetworkRow {
  const network = networkOfEndpoint(context, place);
  if (network === undefined || network.status !== 'ready')
    throw fail(`network ${place.network} not found`, 'not-found');
  return network;
}

/** Leases what has none yet, decides about default routes over all, and writes it down. */
function leaseAll(context: NetworkContext, claims: readonly Claim[]): EndpointLease[] {
  const names = interfaceNames(claims);
  const fresh = claims.map((claim, i) => claim.row.lease ?? leaseFor(context, claim, names[i]!));
  const gateways = defaultGateways(claims, fresh);
  return claims.map((claim, i) => {
    const lease = { ...fresh[i]!, defaultGateway: { v4: gateways.v4 === i, v6: gateways.v6 === i } };
    context.endpoints.setLease(claim.row, claim.network.id, lease);
    return lease;
  });
}

/** Names inside the container: what was wished, else the network's prefix and the first free number. */
function interfaceNames(claims: readonly Claim[]): string[] {
  const used = new Set<string>();
  for (const { row } of claims) {
    const name = row.lease?.interfaceName ?? wishedInterfaceName(row.wish.said?.DriverOpts ?? {});
    if (name === undefined || name === '') continue;
    if (used.has(name)) throw fail(`interface name ${name} is used by two endpoints`, 'invalid');
    used.add(name);
  }
  return claims.map(({ row, network }) => {
    if (row.lease !== null) return row.lease.interfaceName;
    const wished = wishedInterfaceName(row.wish.said?.DriverOpts ?? {});
    if (wished !== undefined) return wished;
    const prefix = network.spec.options['com.docker.network.container_iface_prefix'] ?? 'eth';
    for (let number = 0; ; number++) {
      const name = `${prefix}${number}`;
      if (used.has(name)) continue;
      used.add(name);
      return name;
    }
  });
}

function leaseFor(context: NetworkContext, claim: Claim, interfaceName: string): EndpointLease {
  const { device } = claim.network;
  const endpointId = newId();
  const noGateway = { v4: false, v6: false };
  if (device === null) {
    return { endpointId, interfaceName: '', hostInterfaceName: '', macAddress: '', defaultGateway: noGateway };
  }
  const ipv4 = leaseAddress(context, claim, device, 4);
  const ipv6 = leaseAddress(context, claim, device, 6);
  const macAddress =
    claim.row.wish.macAddress ?? (ipv4 === undefined ? randomMac(randomBytes(5)) : macOfIpv4(addressOf(ipv4)));
  return {
    endpointId,
    interfaceName,
    hostInterfaceName: device.driver === 'bridge' ? `veth${endpointId.slice(0, HOST_NAME_DIGITS)}` : '',
    // ipvlan's interfaces have the parent's.
    macAddress: device.driver === 'ipvlan' ? '' : macAddress,
    ...(ipv4 === undefined ? {} : { ipv4 }),
    ...(ipv6 === undefined ? {} : { ipv6 }),
    defaultGateway: noGateway,
  };
}

/** @returns undefined when the network has no addresses of this family */
function leaseAddress(
  context: NetworkContext,
  { row, network }: Claim,
  device: NetworkDevice,
  family: 4 | 6,
): string | undefined {
  const pools = device.pools.filter((pool) => pool.family === family);
  if (pools.length === 0) return undefined;
  const wish = family === 4 ? row.wish.ipv4 : row.wish.ipv6;
  const leases = context.endpoints.leasesOf(network.id);
  const address =
    wish === undefined ? freeAddress(context, pools, leases) : wishedAddress(context, pools, leases, wish);
  context.endpoints.lease(network.id, address, row.containerId);
  return address;
}

function freeAddress(
  context: NetworkContext,
  pools: readonly AddressPool[],
  leases: ReadonlyMap<string, string>,
): string {
  const search = (taken: ReadonlySet<string>) => {
    for (const pool of pools) {
      const found = lowestFree(pool, taken);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  // Who holds an address is only looked into when there is no other: it takes a look at every container's process.
  const address =
    search(new Set(leases.keys())) ??
    search(new Set([...leases].flatMap(([text, id]) => (isUp(context, id) ? [text] : []))));
  if (address !== undefined) return address;
  throw fail(
    "no available IPv4 addresses on this network's address pools".replace('IPv4', `IPv${pools[0]!.family}`),
    'unavailable',
  );
}

function wishedAddress(
  context: NetworkContext,
  pools: readonly AddressPool[],
  leases: ReadonlyMap<string, string>,
  wish: string,
): string {
  const holder = leases.get(wish);
  const taken: ReadonlySet<string> = holder !== undefined && isUp(context, holder) ? new Set([wish]) : new Set();
  for (const pool of pools) {
    const verdict = verdictOn(pool, addressOf(wish), taken);
    if (verdict === 'good') return wish;
    if (verdict !== 'outside') throw addressInUse(context, wish, verdict === 'taken' ? holder : undefined);
  }
  throw fail(`no configured subnet contains IP address ${wish}`, 'invalid');
}

function addressInUse(context: NetworkContext, wish: string, holder: string | undefined): BerthError {
  const name = holder === undefined ? undefined : context.containers.get(holder)?.name;
  const hint = name === undefined ? `${wish} is the gateway's or reserved` : `${wish} belongs to the container ${name}`;
  return new BerthError('forbidden', 'network.address-in-use', `${SETUP_FAILED}: Address already in use`, { hint });
}

/** Rows say "running" until somebody notices that the keeper was killed. */
function isUp(context: NetworkContext, containerId: string): boolean {
  const row = context.containers.get(containerId);
  if (row === undefined) return false;
  if (row.status === 'starting') return true;
  if (row.status !== 'running' && row.status !== 'paused') return false;
  return row.bootId === currentBoot() && isProcessAlive(row.keeperPid, row.keeperStart);
}

/**
 * Which endpoints lead out, by index: the highest `gw-priority`, then networks that lead anywhere before internal ones, then
 * those with both families, then by name; each family by itself.
 */
function defaultGateways(
  claims: readonly Claim[],
  leases: readonly EndpointLease[],
): { readonly v4: number; readonly v6: number } {
  const order = claims
    .map((claim, index) => ({ claim, index, lease: leases[index]! }))
    .sort((a, b) => {
      const priority = (b.claim.row.wish.gatewayPriority ?? 0) - (a.claim.row.wish.gatewayPriority ?? 0);
      if (priority !== 0) return priority;
      const both = (lease: EndpointLease) => Number(lease.ipv4 !== undefined && lease.ipv6 !== undefined);
      if (both(a.lease) !== both(b.lease)) return both(b.lease) - both(a.lease);
      return a.claim.network.name < b.claim.network.name ? -1 : 1;
    });
  const first = (family: 4 | 6) =>
    order.find(({ claim: { network }, lease }) => {
      const address = family === 4 ? lease.ipv4 : lease.ipv6;
      return address !== undefined && network.device !== null && leadsOut(network.device, family);
    })?.index ?? -1;
  return { v4: first(4), v6: first(6) };
}

/** Point to point modes of ipvlan need no gateway: everything goes out of the parent. */
function leadsOut(device: NetworkDevice, family: 4 | 6): boolean {
  if (device.internal) return false;
  if (device.driver === 'ipvlan' && device.mode !== 'l2') return true;
  return device.pools.some((pool) => pool.family === family && pool.gateway !== undefined);
}

function endpointOf({ row, network }: Claim, lease: EndpointLease): Endpoint[] {
  if (network.device === null) return [];
  const sysctls = endpointSysctls(row.wish.said?.DriverOpts ?? {});
  return [
    {
      id: lease.endpointId,
      containerId: row.containerId,
      network: network.device,
      interfaceName: lease.interfaceName,
      hostInterfaceName: lease.hostInterfaceName,
      macAddress: lease.macAddress,
      ...(lease.ipv4 === undefined ? {} : { ipv4: lease.ipv4 }),
      ...(lease.ipv6 === undefined ? {} : { ipv6: lease.ipv6 }),
      defaultGateway: lease.defaultGateway,
      ...(row.wish.linkLocal === undefined ? {} : { linkLocal: row.wish.linkLocal }),
      sysctls: Object.fromEntries(
        Object.entries(sysctls).map(([name, value]) => [name.replace('.IFNAME.', `.${lease.interfaceName}.`), value]),
      ),
    },
  ];
}

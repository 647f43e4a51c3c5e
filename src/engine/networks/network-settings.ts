/** A container's networks in the shapes of inspect and list. */
import { poolOf } from '#network/ipam/choose-address.ts';
import type { EndpointSettings, NetworkSettings } from '#spec/docker-api/containers.ts';
import type { EngineContext } from '../context.ts';
import type { ContainerRow } from '../state/container-row.ts';
import type { EndpointLease, EndpointRow, NetworkRow } from '../state/network-row.ts';
import { dnsNamesOf } from './container-names.ts';
import { prefixLength } from './describe-network.ts';
import { isPredefined } from './predefined.ts';

type SettingsContext = Pick<EngineContext, 'networks' | 'endpoints'>;

/** The router of an address; none in networks without a way out. */
function gatewayOf(network: NetworkRow, address: string | undefined): string {
  if (address === undefined || network.device === null || network.device.internal) return '';
  return poolOf(network.device.pools, address)?.gateway ?? '';
}

type Addresses = Pick<
  EndpointSettings,
  | 'MacAddress'
  | 'EndpointID'
  | 'Gateway'
  | 'IPAddress'
  | 'IPPrefixLen'
  | 'IPv6Gateway'
  | 'GlobalIPv6Address'
  | 'GlobalIPv6PrefixLen'
>;

function addressesOf(network: NetworkRow | undefined, lease: EndpointLease | null, wishedMac: string): Addresses {
  return {
    MacAddress: lease?.macAddress ?? wishedMac,
    EndpointID: lease?.endpointId ?? '',
    Gateway: network === undefined ? '' : gatewayOf(network, lease?.ipv4),
    IPAddress: lease?.ipv4 ?? '',
    IPPrefixLen: network === undefined ? 0 : prefixLength(network, lease?.ipv4),
    IPv6Gateway: network === undefined ? '' : gatewayOf(network, lease?.ipv6),
    GlobalIPv6Address: lease?.ipv6 ?? '',
    GlobalIPv6PrefixLen: network === undefined ? 0 : prefixLength(network, lease?.ipv6),
  };
}

function isUp(row: ContainerRow): boolean {
  return row.status === 'running' || row.status === 'paused';
}

function settingsOf(network: NetworkRow | undefined, row: ContainerRow, place: EndpointRow): EndpointSettings {
  const lease = isUp(row) ? place.lease : null;
  const { said, macAddress = '', gatewayPriority = 0 } = place.wish;
  const wasConnected = (place.networkId !== '' || place.wish.isLate === true) && !isPredefined(place.network);
  const addresses = addressesOf(network, lease, macAddress);
  return {
    IPAMConfig: said?.IPAMConfig ?? null,
    Links: said?.Links ?? null,
    Aliases: said?.Aliases ?? null,
    MacAddress: addresses.MacAddress,
    DriverOpts: said?.DriverOpts ?? null,
    GwPriority: gatewayPriority,
    NetworkID: place.networkId,
    EndpointID: addresses.EndpointID,
    Gateway: addresses.Gateway,
    IPAddress: addresses.IPAddress,
    IPPrefixLen: addresses.IPPrefixLen,
    IPv6Gateway: addresses.IPv6Gateway,
    GlobalIPv6Address: addresses.GlobalIPv6Address,
    GlobalIPv6PrefixLen: addresses.GlobalIPv6PrefixLen,
    DNSNames: wasConnected ? dnsNamesOf(row, place) : null,
  };
}

/** The networks that a container is in, or will be when it starts, by name. */
export function networksOf(context: SettingsContext, row: ContainerRow): Record<string, EndpointSettings> {
  const places = context.endpoints.of(row.id);
  const settings = places.map((place) => {
    const network = place.networkId === '' ? undefined : context.networks.get(place.networkId);
    return [place.network, settingsOf(network, row, place)] as const;
  });
  return Object.fromEntries(settings);
}

/** Names and ids of a container's networks, for filters. */
export function networkWordsOf(context: SettingsContext, row: ContainerRow): string[] {
  return context.endpoints.of(row.id).flatMap(({ network, networkId }) => [network, networkId]);
}

/** `NetworkSettings` of inspect, apart from the ports. What Docker also shows at its top is what the default bridge gave. */
export function networkSettingsOf(context: SettingsContext, row: ContainerRow): Omit<NetworkSettings, 'Ports'> {
  const networks = networksOf(context, row);
  const top = networks['bridge'] ?? addressesOf(undefined, null, '');
  const hasSandbox = isUp(row) && !row.hostConfig.NetworkMode.startsWith('container:');
  return {
    Bridge: '',
    SandboxID: hasSandbox ? row.id : '',
    SandboxKey: hasSandbox ? `/proc/${row.pid}/ns/net` : '',
    HairpinMode: false,
    LinkLocalIPv6Address: '',
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    EndpointID: top.EndpointID,
    Gateway: top.Gateway,
    GlobalIPv6Address: top.GlobalIPv6Address,
    GlobalIPv6PrefixLen: top.GlobalIPv6PrefixLen,
    IPAddress: top.IPAddress,
    IPPrefixLen: top.IPPrefixLen,
    IPv6Gateway: top.IPv6Gateway,
    MacAddress: top.MacAddress,
    Networks: networks,
  };
}

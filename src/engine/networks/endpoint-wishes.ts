/** What a client says about a container's place in a network, checked as Docker's daemon checks it. */
import { BerthError, messageOf } from '#base/errors.ts';
import { canonicalAddress, parseAddress } from '#base/ip-address.ts';
import { contains, subnetOf } from '#base/ip-subnet.ts';
import { canonicalMac } from '#network/ipam/mac-address.ts';
import type { ContainerCreateRequest, EndpointSettings, HostConfig, Loose } from '#spec/docker-api/containers.ts';
import type { EngineContext } from '../context.ts';
import type { EndpointRow, EndpointWish, NetworkRow } from '../state/network-row.ts';
import { endpointSysctls, wishedInterfaceName } from './endpoint-options.ts';
import { findNetwork } from './find-network.ts';
import { isPredefined } from './predefined.ts';

type Settings = Loose<EndpointSettings>;
type WishContext = Pick<EngineContext, 'root' | 'sql' | 'networks' | 'options'>;

/** A place in a network, decided before the container exists. */
export type WishedEndpoint = Pick<EndpointRow, 'network' | 'position' | 'wish'>;

function invalid(message: string): BerthError {
  return new BerthError('invalid', 'network.endpoint', message);
}

/** Several complaints as one text, as Docker joins them. */
function joined(complaints: readonly string[]): string {
  return complaints.length === 1 ? complaints[0]! : complaints.map((text) => `* ${text}`).join('\n');
}

function isAddress(text: string, family?: 4 | 6): boolean {
  const address = parseAddress(text);
  if (address === undefined || address.value === 0n) return false;
  return family === undefined || address.family === family;
}

function poolsOf(network: NetworkRow): string[] {
  return (network.device?.pools ?? []).map(({ subnet }) => subnet);
}

/** What is wrong with a wished address in view of the subnets that the user gave the network. */
function rangeComplaint(network: NetworkRow, text: string, family: 4 | 6): string[] {
  if (text === '') return [];
  const address = parseAddress(text);
  // The default bridge's count as chosen.
  const chosen = network.name === 'bridge' ? poolsOf(network) : network.spec.userSubnets;
  const subnets = chosen.map(subnetOf).filter((subnet) => subnet.family === family);
  if (subnets.length === 0) {
    return ['user specified IP address is supported only when connecting to networks with user configured subnets'];
  }
  if (address !== undefined && subnets.some((subnet) => contains(subnet, address))) return [];
  return [`no configured subnet or ip-range contain the IP address ${text}`];
}

function complaintsOf(network: NetworkRow | undefined, name: string, settings: Settings): string[] {
  const ipam = settings.IPAMConfig ?? {};
  const [ipv4, ipv6] = [ipam.IPv4Address ?? '', ipam.IPv6Address ?? ''];
  const complaints: string[] = [];
  if (isPredefined(name)) {
    if (ipv4 !== '' || ipv6 !== '')
      complaints.push('user specified IP address is supported on user defined networks only');
    if ((settings.Aliases ?? []).length > 0) {
      complaints.push('network-scoped alias is supported only for containers in user defined networks');
    }
  }
  if (ipv4 !== '' && !isAddress(ipv4, 4)) complaints.push(`invalid IPv4 address: ${ipv4}`);
  if (ipv6 !== '' && !isAddress(ipv6, 6)) complaints.push(`invalid IPv6 address: ${ipv6}`);
  for (const address of ipam.LinkLocalIPs ?? []) {
    if (!isAddress(address)) complaints.push(`invalid link-local IP address: ${address}`);
  }
  if (network !== undefined) complaints.push(...rangeComplaint(network, ipv4, 4), ...rangeComplaint(network, ipv6, 6));
  for (const check of [endpointSysctls, wishedInterfaceName]) {
    try {
      check(settings.DriverOpts ?? {});
    } catch (error) {
      complaints.push(messageOf(error));
    }
  }
  return complaints;
}

function macOf(text: string): string {
  const mac = canonicalMac(text);
  if (mac === undefined) throw invalid(`invalid MAC address: ${text}`);
  // The kernel would refuse it when the container starts: the lowest bit of the first byte makes it a group's address.
  if (Number.parseInt(mac.slice(0, 2), 16) % 2 === 1 || mac === '00:00:00:00:00:00') {
    throw new BerthError('invalid', 'network.mac', `invalid MAC address: ${text}`, {
      hint: 'the address of one interface has an even first byte, and is not all zero',
    });
  }
  return mac;
}

/**
 * Checks the settings of one endpoint.
 *
 * @param network absent when there is none of that name (yet)
 * @param name what the user calls it
 * @throws invalid ("invalid endpoint settings:\n…") with all complaints
 */
export function checkedWish(network: NetworkRow | undefined, name: string, settings: Settings): EndpointWish {
  const complaints = complaintsOf(network, network?.name ?? name, settings);
  if (complaints.length > 0) throw invalid(`invalid endpoint settings:\n${joined(complaints)}`);
  const ipam = settings.IPAMConfig ?? {};
  const address = (text: string | undefined) =>
    text === undefined || text === '' ? undefined : canonicalAddress(text);
  const [ipv4, ipv6] = [address(ipam.IPv4Address), address(ipam.IPv6Address)];
  const linkLocal = (ipam.LinkLocalIPs ?? []).flatMap((text) => canonicalAddress(text) ?? []);
  const priority = settings.GwPriority ?? 0;
  const said = {
    IPAMConfig: settings.IPAMConfig ?? null,
    Links: settings.Links ?? null,
    Aliases: settings.Aliases ?? null,
    DriverOpts: settings.DriverOpts ?? null,
  };
  return {
    ...(ipv4 === undefined ? {} : { ipv4 }),
    ...(ipv6 === undefined ? {} : { ipv6 }),
    ...(linkLocal.length === 0 ? {} : { linkLocal }),
    ...(settings.MacAddress ? { macAddress: macOf(settings.MacAddress) } : {}),
    ...(priority === 0 ? {} : { gatewayPriority: priority }),
    ...(Object.values(said).every((value) => value === null) ? {} : { said }),
  };
}

/** The network of a name, if there is one: a container may be created before its network. */
function networkOrNothing(context: WishContext, name: string): NetworkRow | undefined {
  try {
    return findNetwork(context, name);
  } catch (error) {
    if (error instanceof BerthError && error.kind === 'not-found') return undefined;
    throw error;
  }
}

const MAC_OF_OTHERS = 'conflicting options: mac-address and the network mode';

/** The older, container-wide MAC address goes to the main network. */
function withContainerMac(endpoints: Record<string, Settings>, mode: string, mac: string): void {
  if (mac === '') return;
  if (mode === 'host' || mode.startsWith('container:')) {
    throw invalid(MAC_OF_OTHERS);
  }
  const main = endpoints[mode] ?? {};
  if (main.MacAddress && main.MacAddress !== mac) {
    throw invalid(
      'the container-wide MAC address must match the endpoint-specific MAC address for the main network, or be left empty',
    );
  }
  endpoints[mode] = { ...main, MacAddress: mac };
}

/** Settings by network, `default` under its real name. */
function settingsByNetwork(request: ContainerCreateRequest, host: HostConfig): Record<string, Settings> {
  const endpoints: Record<string, Settings> = {};
  for (const [name, settings] of Object.entries(request.NetworkingConfig?.EndpointsConfig ?? {})) {
    endpoints[name === 'default' ? 'bridge' : name] = settings ?? {};
  }
  withContainerMac(endpoints, host.NetworkMode, request.MacAddress ?? '');
  if (Object.keys(endpoints).length === 0) endpoints[host.NetworkMode] = {};
  return endpoints;
}

const SHARED =
  'container sharing network namespace with another container or host cannot be connected to any other network';
const PRIVATE = 'container cannot be connected to multiple networks with one of the networks in private (none) mode';

/** Who shares another's interfaces takes them as they are. Docker ignores such wishes. @throws invalid */
function checkShared({ MacAddress, IPAMConfig }: Settings): void {
  if (MacAddress) throw invalid(MAC_OF_OTHERS);
  const { IPv4Address, IPv6Address, LinkLocalIPs } = IPAMConfig ?? {};
  if (IPv4Address || IPv6Address || (LinkLocalIPs ?? []).length > 0) {
    throw invalid('conflicting options: IP address and the network mode');
  }
}

/** Some networks exclude others. @throws invalid, in Docker's words */
export function checkTogether(names: readonly string[]): void {
  if (names.length < 2) return;
  if (names.includes('host')) throw invalid(SHARED);
  if (names.includes('none')) throw invalid(PRIVATE);
}

/**
 * The places in networks that a container is to have, in the client's order, that of the network mode first.
 *
 * @throws invalid for settings that a network does not take; networks that do not exist are only missed at the start, as in Docker
 */
export function wishedEndpoints(
  context: WishContext,
  request: ContainerCreateRequest,
  host: HostConfig,
): WishedEndpoint[] {
  const mode = host.NetworkMode;
  const settings = settingsByNetwork(request, host);
  if (mode.startsWith('container:')) {
    if (Object.keys(settings).some((name) => name !== mode)) throw invalid(SHARED);
    checkShared(settings[mode] ?? {});
    return [];
  }
  if (mode === 'host' && settings[mode]?.MacAddress) throw invalid(MAC_OF_OTHERS);
  if (mode !== 'host' && 'host' in settings) {
    throw invalid('cannot connect container to host network - container must be created in host network mode');
  }
  const names = Object.keys(settings).sort((a, b) => Number(b === mode) - Number(a === mode));
  const wishes = names.map((name, position): WishedEndpoint => {
    const own = settings[name]!;
    // Nothing said about a network that always exists: nothing to check.
    if (isPredefined(name) && Object.keys(own).length === 0) return { network: name, position, wish: {} };
    const network = networkOrNothing(context, name);
    return { network: network?.name ?? name, position, wish: wishFor(network, name, own) };
  });
  checkTogether(wishes.map(({ network }) => network));
  if (new Set(wishes.map(({ network }) => network)).size < wishes.length) {
    throw invalid(`network ${mode} is named twice: by its name and by its id`);
  }
  return wishes;
}

function wishFor(network: NetworkRow | undefined, name: string, settings: Settings): EndpointWish {
  try {
    return checkedWish(network, name, settings);
  } catch (error) {
    if (!(error instanceof BerthError)) throw error;
    throw new BerthError(error.kind, error.code, `invalid config for network ${name}: ${error.message}`, {
      cause: error,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    });
  }
}

/** Everything about a network that is decided before anything is written: checks in the order of Docker's daemon. */
import { BerthError } from '#base/errors.ts';
import { canonicalAddress } from '#base/ip-address.ts';
import { parseSubnet, subnetOf } from '#base/ip-subnet.ts';
import { checkSubnets, type GivenSubnet } from '#network/ipam/check-config.ts';
import type { IpamConfig, NetworkCreateRequest } from '#spec/docker-api/networks.ts';
import type { NetworkDriver, NetworkRow, NetworkSpec } from '../state/network-row.ts';
import type { PoolWish } from './claim-pools.ts';
import { booleanOption, type Options } from './driver-options.ts';
import { isPredefined } from './predefined.ts';

/** What a client asked for, checked as far as it can be without looking at other networks. */
export interface NetworkDraft {
  readonly name: string;
  readonly driver: NetworkDriver;
  readonly spec: NetworkSpec;
  readonly wants: readonly PoolWish[];
}

const NO_MANAGER =
  'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.';
const DRIVERS: readonly NetworkDriver[] = ['bridge', 'macvlan', 'ipvlan'];

function refuse(kind: 'invalid' | 'forbidden' | 'not-found' | 'unsupported', message: string): BerthError {
  return new BerthError(kind, 'network.create', message);
}

function driverOf(name: string): NetworkDriver {
  const driver = DRIVERS.find((known) => known === name);
  if (driver !== undefined) return driver;
  if (name === 'host' || name === 'null')
    throw refuse('forbidden', `only one instance of "${name}" network is allowed`);
  if (name === 'overlay') throw refuse('forbidden', NO_MANAGER);
  throw refuse('not-found', `plugin ${JSON.stringify(name)} not found`);
}

/** @throws invalid or forbidden for names that no network of a user's can have */
function checkName(name: string): void {
  // What everybody lists must not move anybody's cursor.
  if (name.trim() === '' || /[\x00-\x1f\x7f]/.test(name)) throw refuse('invalid', `invalid name: ${name}`);
  if (isPredefined(name) || name === 'default') {
    throw refuse('forbidden', `operation is not permitted on predefined ${name} network `);
  }
}

function checkScope(request: NetworkCreateRequest): void {
  if (request.Ingress) throw refuse('forbidden', 'Ingress network can only be global scope network');
  const scope = request.Scope ?? '';
  if (scope === 'swarm') throw refuse('forbidden', 'cannot create a swarm scoped network when swarm is not active');
  if (!['', 'local', 'global'].includes(scope)) throw refuse('invalid', `invalid network scope: ${scope}`);
}

/** Networks that are only a configuration for others, and those made from one. */
function checkConfigurations(request: NetworkCreateRequest): void {
  const from = request.ConfigFrom?.Network ?? '';
  if (request.ConfigOnly && (request.Ingress || request.Internal || request.Attachable || request.Scope)) {
    throw refuse(
      'forbidden',
      'configuration network can only contain network specific fields. Network operator fields like [ ingress | internal | attachable | scope ] are not supported.',
    );
  }
  if (from === '') return;
  if (request.ConfigOnly) {
    throw refuse('forbidden', 'a configuration network cannot depend on another configuration network');
  }
  const { IPAM, Labels, Options: options } = request;
  const own = [IPAM?.Config ?? [], Object.keys(IPAM?.Options ?? {}), Object.keys(Labels ?? {})];
  if (own.some((list) => list.length > 0) || request.EnableIPv6 || !['', 'default'].includes(IPAM?.Driver ?? '')) {
    throw refuse(
      'forbidden',
      'user specified configurations are not supported if the network depends on a configuration network',
    );
  }
  if (Object.keys(options ?? {}).length > 0) {
    throw refuse(
      'forbidden',
      'network driver options are not supported if the network depends on a configuration network',
    );
  }
}

function checkIpamDriver(name: string): void {
  if (name !== '' && name !== 'default') throw refuse('not-found', `plugin ${JSON.stringify(name)} not found`);
}

function familyFlag(said: boolean | null | undefined, options: Options, name: string, absent: boolean): boolean {
  if (said !== null && said !== undefined) return said;
  try {
    return booleanOption(options, name, absent);
  } catch {
    throw refuse('invalid', `driver-opt ${JSON.stringify(name)} is not a valid bool`);
  }
}

/** A client's line without what it left empty. */
function givenConfig(config: NonNullable<NonNullable<NetworkCreateRequest['IPAM']>['Config']>[number]): IpamConfig {
  const { Subnet, IPRange, Gateway, AuxiliaryAddresses } = config;
  return {
    ...(Subnet ? { Subnet } : {}),
    ...(IPRange ? { IPRange } : {}),
    ...(Gateway ? { Gateway } : {}),
    ...(AuxiliaryAddresses && Object.keys(AuxiliaryAddresses).length > 0 ? { AuxiliaryAddresses } : {}),
  };
}

function givenSubnet(config: IpamConfig): GivenSubnet {
  return {
    subnet: config.Subnet ?? '',
    range: config.IPRange ?? '',
    gateway: config.Gateway ?? '',
    reserved: config.AuxiliaryAddresses ?? {},
  };
}

function familyOf(config: IpamConfig): 4 | 6 {
  return parseSubnet(config.Subnet ?? '')!.family;
}

function wishOf(config: IpamConfig): PoolWish {
  const { IPRange, Gateway, AuxiliaryAddresses } = config;
  const reserved = Object.entries(AuxiliaryAddresses ?? {}).map(([name, text]) => [name, canonicalAddress(text)!]);
  return {
    family: familyOf(config),
    subnet: config.Subnet!,
    ...(IPRange === undefined ? {} : { range: IPRange }),
    ...(Gateway === undefined ? {} : { gateway: canonicalAddress(Gateway)! }),
    reserved: Object.fromEntries(reserved) as Record<string, string>,
  };
}

/** What the client said, or the configuration it refers to says. */
interface Source {
  readonly options: Options;
  readonly labels: Options;
  readonly configs: readonly IpamConfig[];
  readonly ipamOptions: Options | null;
  readonly enableIPv4: boolean;
  readonly enableIPv6: boolean;
}

function sourceOf(request: NetworkCreateRequest, from: NetworkRow | undefined): Source {
  if (from !== undefined) {
    const { options, labels, ipam, enableIPv4, enableIPv6 } = from.spec;
    return { options, labels, configs: ipam.config ?? [], ipamOptions: ipam.options, enableIPv4, enableIPv6 };
  }
  const options = request.Options ?? {};
  return {
    options,
    labels: request.Labels ?? {},
    configs: (request.IPAM?.Config ?? []).map(givenConfig),
    ipamOptions: request.IPAM?.Options ?? null,
    enableIPv4: familyFlag(request.EnableIPv4, options, 'com.docker.network.enable_ipv4', true),
    enableIPv6: familyFlag(request.EnableIPv6, options, 'com.docker.network.enable_ipv6', false),
  };
}

/**
 * Checks a request.
 *
 * @param findConfiguration a network that is only a configuration, by name
 * @throws invalid, forbidden, not-found, unsupported in Docker's words
 */
export function draftNetwork(
  request: NetworkCreateRequest,
  findConfiguration: (name: string) => NetworkRow | undefined,
): NetworkDraft {
  const name = request.Name ?? '';
  checkName(name);
  const driverName = request.Driver || 'bridge';
  if (driverName === 'overlay') throw refuse('forbidden', NO_MANAGER);
  checkConfigurations(request);
  const driver = request.ConfigOnly ? 'null' : driverOf(driverName);
  checkScope(request);
  checkIpamDriver(request.IPAM?.Driver ?? '');
  const configFrom = request.ConfigFrom?.Network ?? '';
  const from = configFrom === '' ? undefined : findConfiguration(configFrom);
  if (configFrom !== '' && from === undefined) {
    throw refuse('not-found', `configuration network ${JSON.stringify(configFrom)} does not exist`);
  }
  const source = sourceOf(request, from);
  const families = [...(source.enableIPv4 ? [4 as const] : []), ...(source.enableIPv6 ? [6 as const] : [])];
  if (families.length === 0) throw refuse('invalid', 'IPv4 or IPv6 must be enabled');
  const complaint = checkSubnets(source.configs.map(givenSubnet), families);
  if (complaint !== undefined) throw refuse('invalid', complaint);
  const used = source.configs.filter((config) => families.includes(familyOf(config)));
  const wants = families.flatMap((family): PoolWish[] => {
    const said = used.filter((config) => familyOf(config) === family).map(wishOf);
    return said.length > 0 ? said : [{ family }];
  });
  const byFamily = [4, 6].flatMap((family) => source.configs.filter((config) => familyOf(config) === family));
  return {
    name,
    driver,
    spec: {
      labels: source.labels,
      options: source.options,
      enableIPv4: source.enableIPv4,
      enableIPv6: source.enableIPv6,
      internal: request.Internal ?? false,
      attachable: request.Attachable ?? false,
      scope: request.Scope || 'local',
      configOnly: request.ConfigOnly ?? false,
      configFrom,
      ipam: { driver: 'default', options: source.ipamOptions, config: byFamily },
      userSubnets: used.map((config) => config.Subnet!),
    },
    wants: request.ConfigOnly ? [] : wants.map((wish) => canonicalWish(wish)),
  };
}

/** The database holds canonical texts only. */
function canonicalWish(wish: PoolWish): PoolWish {
  const canonical = (text: string) => {
    const subnet = subnetOf(text);
    return `${canonicalAddress(text.slice(0, text.lastIndexOf('/')))}/${subnet.bits}`;
  };
  return {
    ...wish,
    ...(wish.subnet === undefined ? {} : { subnet: canonical(wish.subnet) }),
    ...(wish.range === undefined ? {} : { range: canonical(wish.range) }),
  };
}

/** The networks that always exist: `bridge`, `host` and `none`. */
import { networkInterfaces } from 'node:os';
import { newId } from '#base/ids.ts';
import { formatAddress } from '#base/ip-address.ts';
import { formatSubnet, masked, parseSubnet } from '#base/ip-subnet.ts';
import { nowNs } from '#base/time.ts';
import { defaultBridgeName } from '#network/device-names.ts';
import { hasInterface } from '#sys/host-routes.ts';
import type { EngineContext } from '../context.ts';
import { type BridgeDefaults, NO_DEFAULTS } from '../defaults.ts';
import type { NetworkRow, NetworkSpec } from '../state/network-row.ts';
import { bridgeDevice } from './bridge-device.ts';
import { claimPools, type PoolWish } from './claim-pools.ts';

const NAMES: readonly string[] = ['bridge', 'host', 'none'];

/** True for networks that always exist. */
export function isPredefined(name: string): boolean {
  return NAMES.includes(name);
}

type PredefinedContext = Pick<EngineContext, 'root' | 'sql' | 'networks' | 'options'>;

const SPEC: NetworkSpec = {
  labels: {},
  options: {},
  enableIPv4: true,
  enableIPv6: false,
  internal: false,
  attachable: false,
  scope: 'local',
  configOnly: false,
  configFrom: '',
  ipam: { driver: 'default', options: null, config: null },
  userSubnets: [],
};

/** Options of the default bridge as Docker reports them, with what the settings say. */
function bridgeOptions(root: string, settings: BridgeDefaults): Record<string, string> {
  return {
    'com.docker.network.bridge.default_bridge': 'true',
    'com.docker.network.bridge.enable_icc': 'true',
    'com.docker.network.bridge.enable_ip_masquerade': 'true',
    'com.docker.network.bridge.host_binding_ipv4': '0.0.0.0',
    'com.docker.network.bridge.name': defaultBridgeName(root),
    'com.docker.network.driver.mtu': '1500',
    ...settings.options,
  };
}

/**
 * Writes the rows of those that are not there yet. The subnet of `bridge` is chosen now; its device is made when the first
 * container needs it.
 */
export function ensurePredefined(context: PredefinedContext): void {
  const missing = NAMES.filter((name) => context.networks.named(name) === undefined);
  if (missing.length === 0) return;
  context.sql.transaction(() => {
    for (const name of missing) {
      if (context.networks.named(name) === undefined) insertPredefined(context, name);
    }
  });
}

/**
 * The addresses of an interface that an earlier state of this root has left on the host: they are taken over, because an
 * interface that is there is used as it is.
 */
function leftBehind(interfaceName: string): PoolWish | undefined {
  if (!hasInterface(interfaceName)) return undefined;
  const found = networkInterfaces()[interfaceName]?.find(({ family }) => family === 'IPv4');
  const subnet = found?.cidr == null ? undefined : parseSubnet(found.cidr);
  if (found === undefined || subnet === undefined) return undefined;
  return { family: 4, subnet: formatSubnet(masked(subnet)), gateway: found.address };
}

/** A bridge's own address with its prefix length, `10.1.0.1/24`, as a subnet; the address is the gateway unless it is the prefix's. */
function wishOf(family: 4 | 6, own: string, range: string | undefined): PoolWish {
  const subnet = parseSubnet(own)!;
  const isAddress = masked(subnet).value !== subnet.value;
  return {
    family,
    subnet: formatSubnet(masked(subnet)),
    ...(isAddress ? { gateway: formatAddress(subnet) } : {}),
    ...(range === undefined ? {} : { range }),
  };
}

function wishesOf(settings: BridgeDefaults, interfaceName: string): PoolWish[] {
  const { ipv4, ipv6, range4, range6, enableIPv6 } = settings;
  const first = ipv4 === undefined ? (leftBehind(interfaceName) ?? { family: 4 as const }) : wishOf(4, ipv4, range4);
  if (!enableIPv6) return [first];
  return [first, ipv6 === undefined ? { family: 6 } : wishOf(6, ipv6, range6)];
}

/** What the settings say about addresses: kept with the network, to see later whether they still say so. */
function saidSubnets({ ipv4, ipv6, range4, range6 }: BridgeDefaults): string[] {
  return [ipv4, range4, ipv6, range6].filter((text) => text !== undefined);
}

/** True when the network `bridge` is not as the settings want it now. */
export function isOutdated(context: PredefinedContext, row: NetworkRow): boolean {
  const settings = context.options.defaults?.().bridge ?? NO_DEFAULTS.bridge;
  const wanted = JSON.stringify([bridgeOptions(context.root, settings), settings.enableIPv6, saidSubnets(settings)]);
  return wanted !== JSON.stringify([row.spec.options, row.spec.enableIPv6, row.spec.userSubnets]);
}

function insertPredefined(context: PredefinedContext, name: string): void {
  const id = newId();
  const createdNs = nowNs();
  if (name !== 'bridge') {
    context.networks.insert({
      id,
      name,
      createdNs,
      driver: name === 'none' ? 'null' : 'host',
      spec: SPEC,
      device: null,
    });
    return;
  }
  const settings = context.options.defaults?.().bridge ?? NO_DEFAULTS.bridge;
  const options = bridgeOptions(context.root, settings);
  const interfaceName = defaultBridgeName(context.root);
  const wants = wishesOf(settings, interfaceName);
  const pools = claimPools(context, { networkId: id, interfaceName, wants, isBridged: true });
  const config = pools.map(({ subnet, gateway, range }) => ({
    Subnet: subnet,
    ...(range === undefined ? {} : { IPRange: range }),
    ...(gateway === undefined ? {} : { Gateway: gateway }),
  }));
  context.networks.insert({
    id,
    name,
    createdNs,
    driver: 'bridge',
    spec: {
      ...SPEC,
      options,
      enableIPv6: settings.enableIPv6,
      ipam: { ...SPEC.ipam, config },
      userSubnets: saidSubnets(settings),
    },
    device: bridgeDevice({ id, interfaceName, internal: false, pools, options }),
  });
}

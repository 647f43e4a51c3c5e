/** The networks that always exist: `bridge`, `host` and `none`. */
import { networkInterfaces } from 'node:os';
import { newId } from '#base/ids.ts';
import { formatSubnet, masked, parseSubnet } from '#base/ip-subnet.ts';
import { nowNs } from '#base/time.ts';
import { defaultBridgeName } from '#network/device-names.ts';
import { hasInterface } from '#sys/host-routes.ts';
import type { EngineContext } from '../context.ts';
import type { NetworkSpec } from '../state/network-row.ts';
import { bridgeDevice } from './bridge-device.ts';
import { claimPools, type PoolWish } from './claim-pools.ts';

const NAMES: readonly string[] = ['bridge', 'host', 'none'];

/** True for networks that always exist. */
export function isPredefined(name: string): boolean {
  return NAMES.includes(name);
}

type PredefinedContext = Pick<EngineContext, 'root' | 'sql' | 'networks'>;

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

/** Options of the default bridge as Docker reports them. */
function bridgeOptions(root: string): Record<string, string> {
  return {
    'com.docker.network.bridge.default_bridge': 'true',
    'com.docker.network.bridge.enable_icc': 'true',
    'com.docker.network.bridge.enable_ip_masquerade': 'true',
    'com.docker.network.bridge.host_binding_ipv4': '0.0.0.0',
    'com.docker.network.bridge.name': defaultBridgeName(root),
    'com.docker.network.driver.mtu': '1500',
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
  const options = bridgeOptions(context.root);
  const interfaceName = defaultBridgeName(context.root);
  const pools = claimPools(context, {
    networkId: id,
    interfaceName,
    wants: [leftBehind(interfaceName) ?? { family: 4 }],
  });
  const [pool] = pools;
  const config = [{ Subnet: pool!.subnet, ...(pool!.gateway === undefined ? {} : { Gateway: pool!.gateway }) }];
  const spec = { ...SPEC, options, ipam: { ...SPEC.ipam, config } };
  context.networks.insert({
    id,
    name,
    createdNs,
    driver: 'bridge',
    spec,
    device: bridgeDevice({ id, interfaceName, internal: false, pools, options }),
  });
}

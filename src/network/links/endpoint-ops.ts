/** What a launch plan does so that a container is in a network: an interface made inside its namespace, its addresses, its way out. */
import type { PlanOp } from '#sys/keeper/plan.ts';
import { addAddress, replaceDefaultRoute } from '#sys/netlink/address.ts';
import {
  announceLink,
  closePort,
  createIpvlan,
  createMacvlan,
  createPort,
  type IPVLAN_FLAG_BITS,
  type IPVLAN_MODES,
  isolatePort,
  type MACVLAN_MODES,
  setLargestBurst,
  settleLink,
  setUp,
} from '#sys/netlink/link.ts';
import type { RouteMessage } from '#sys/netlink/route-message.ts';
import { addressKey } from '../firewall/key.ts';
import { poolOf } from '../ipam/choose-address.ts';
import type { Endpoint } from '../model.ts';
import { inPool } from './address-bytes.ts';
import { LARGEST_BURST } from './bursts.ts';

const NETLINK_ROUTE = 0;
const ENODEV = 19;
const ENETDOWN = 100;
const EINVAL = 22;
const LINK_LOCAL_PREFIX = { 4: 16, 6: 64 } as const;

export interface EndpointOps {
  /** In the keeper, once the container's network namespace exists. */
  readonly outside: readonly PlanOp[];
  /** In the container's process afterwards, while it still sees the host's /proc. */
  readonly inside: readonly PlanOp[];
  /** In the keeper once the ops of the inside are done. */
  readonly settle: readonly PlanOp[];
  /** In the container's process once those are. */
  readonly announce: readonly PlanOp[];
  /** When the container has ended. */
  readonly cleanup: readonly PlanOp[];
}

function routeOp(side: PlanOp['side'], about: string, ...messages: readonly RouteMessage[]): PlanOp {
  return { side, op: 'netlink', family: NETLINK_ROUTE, messages, about };
}

/** @throws nothing: a missing device shows when the plan runs, as ENODEV of the op */
export function endpointOps(endpoint: Endpoint): EndpointOps {
  const { network } = endpoint;
  const isBridge = network.driver === 'bridge';
  return {
    outside: [routeOp('parent', joinWords(endpoint), ...deviceMessages(endpoint)), ...bridgeOps(endpoint)],
    inside: [
      ...settingsBefore(endpoint),
      routeOp('child', insideWords(endpoint), ...insideMessages(endpoint)),
      ...settingsAfter(endpoint),
    ],
    settle: isBridge ? [settleOp(endpoint)] : [],
    announce: isBridge ? [announceOp(endpoint)] : [],
    cleanup: isBridge ? [closeOp(endpoint)] : [],
  };
}

function joinWords({ network, interfaceName }: Endpoint): string {
  const what = network.driver === 'bridge' ? 'a port of the bridge' : `${network.driver} (${network.mode}) on`;
  return `make ${interfaceName}, ${what} ${network.interfaceName}`;
}

function insideWords(endpoint: Endpoint): string {
  const addresses = [endpoint.ipv4, endpoint.ipv6, ...(endpoint.linkLocal ?? [])].filter((text) => text !== undefined);
  const ways = ([4, 6] as const).flatMap((family) => {
    if (!endpoint.defaultGateway[family === 4 ? 'v4' : 'v6']) return [];
    return [gatewayOf(endpoint, family) ?? 'the interface itself'];
  });
  const out = ways.length === 0 ? '' : `, way out by ${ways.join(' and ')}`;
  return `give ${endpoint.interfaceName} ${addresses.length === 0 ? 'no address' : addresses.join(' and ')}${out}`;
}

function deviceMessages(endpoint: Endpoint): RouteMessage[] {
  const { network, interfaceName: name, macAddress } = endpoint;
  const { mtu, interfaceName: parent } = network;
  switch (network.driver) {
    case 'bridge': {
      // What containers send may leave by hardware, unless their network has no way out.
      const inside = { name, mtu, macAddress, ...(network.internal ? { largestBurst: LARGEST_BURST } : {}) };
      const outside = { name: endpoint.hostInterfaceName, mtu, largestBurst: LARGEST_BURST };
      const port = createPort(outside, parent, inside);
      return network.bridge.interContainer ? [port] : [port, isolatePort(endpoint.hostInterfaceName)];
    }
    case 'macvlan':
      return [createMacvlan({ name, mtu, macAddress }, parent, network.mode as keyof typeof MACVLAN_MODES)];
    case 'ipvlan': {
      const mode = network.mode as keyof typeof IPVLAN_MODES;
      return [createIpvlan({ name, mtu }, parent, mode, (network.flag ?? 'bridge') as keyof typeof IPVLAN_FLAG_BITS)];
    }
  }
}

/** A bridge takes no more at once than its ports do: it is told when it has one. */
function bridgeOps({ network }: Endpoint): PlanOp[] {
  if (network.driver !== 'bridge' || !network.ownsParent) return [];
  const name = network.interfaceName;
  const op = routeOp('parent', `let ${name} take more at once`, setLargestBurst(name, LARGEST_BURST));
  // Somebody may have given it another port, which does not.
  return [{ ...op, tolerate: [EINVAL] }];
}

function addressMessages(endpoint: Endpoint): RouteMessage[] {
  const { interfaceName, network } = endpoint;
  const own = [endpoint.ipv4, endpoint.ipv6].flatMap((text) => {
    const pool = text === undefined ? undefined : poolOf(network.pools, text);
    return text === undefined || pool === undefined ? [] : [inPool(text, pool)];
  });
  const local = (endpoint.linkLocal ?? []).map((text) => {
    const family = text.includes(':') ? 6 : 4;
    return { family, bytes: addressKey(text), prefix: LINK_LOCAL_PREFIX[family] } as const;
  });
  return [...own, ...local].map((address) => addAddress(interfaceName, address));
}

/** Point to point modes of ipvlan go out of the interface without a gateway. */
function gatewayOf({ network, ipv4, ipv6 }: Endpoint, family: 4 | 6): string | undefined {
  if (network.driver === 'ipvlan' && network.mode !== 'l2') return undefined;
  const address = family === 4 ? ipv4 : ipv6;
  return address === undefined ? undefined : poolOf(network.pools, address)?.gateway;
}

/** The default routes that an endpoint is to have. */
export function routeMessages(endpoint: Endpoint): RouteMessage[] {
  return ([4, 6] as const).flatMap((family) => {
    if (!endpoint.defaultGateway[family === 4 ? 'v4' : 'v6']) return [];
    const gateway = gatewayOf(endpoint, family);
    return [
      replaceDefaultRoute(endpoint.interfaceName, family, gateway === undefined ? undefined : addressKey(gateway)),
    ];
  });
}

function insideMessages(endpoint: Endpoint): RouteMessage[] {
  // Addresses first: those that it has when it is switched on are announced (arp_notify).
  return [...addressMessages(endpoint), setUp(endpoint.interfaceName), ...routeMessages(endpoint)];
}

function settingOp(path: string, data: string, tolerate: readonly number[]): PlanOp {
  return { side: 'child', op: 'write', at: { path: `/proc/sys/${path}` }, data, only: 'proc', tolerate, about: path };
}

const ENOENT = 2;

/**
 * Addresses are announced when an interface is switched on or gets its hardware address. IPv6 is off where the network has none, so
 * that no packet of it leaves; where it has, the way out is what the network says, not what a neighbour advertises. Kernels without
 * IPv6 lack the settings.
 */
function settingsBefore({ interfaceName, network, ipv4, ipv6, linkLocal }: Endpoint): PlanOp[] {
  const v4 = `net/ipv4/conf/${interfaceName}`;
  const v6 = `net/ipv6/conf/${interfaceName}`;
  const hasIpv6 = ipv6 !== undefined || (linkLocal ?? []).some((text) => text.includes(':'));
  return [
    ...(ipv4 === undefined ? [] : [settingOp(`${v4}/arp_notify`, '1', [])]),
    ...(hasIpv6 ? [settingOp(`${v6}/ndisc_notify`, '1', [ENOENT])] : [settingOp(`${v6}/disable_ipv6`, '1', [ENOENT])]),
    ...(hasIpv6 && network.driver === 'bridge' ? [settingOp(`${v6}/accept_ra`, '0', [ENOENT])] : []),
  ];
}

/** Dots separate the words of a setting's name, but for those in the name of the interface. */
function settingPath(name: string, interfaceName: string): string {
  const words = name.split(`.${interfaceName}.`).map((part) => part.replaceAll('.', '/'));
  return words.join(`/${interfaceName}/`);
}

function settingsAfter({ sysctls, interfaceName }: Endpoint): PlanOp[] {
  return Object.entries(sysctls).map(([name, value]) => settingOp(settingPath(name, interfaceName), value, []));
}

/** What is sent before the bridge lets the new port's packets pass is lost. */
function settleOp({ hostInterfaceName }: Endpoint): PlanOp {
  return routeOp('parent', `let packets pass ${hostInterfaceName}`, settleLink(hostInterfaceName));
}

/** Neighbours that knew another interface by these addresses learn the new one. */
function announceOp({ interfaceName, macAddress }: Endpoint): PlanOp {
  return routeOp('child', `tell neighbours the addresses of ${interfaceName}`, announceLink(interfaceName, macAddress));
}

/** The kernel takes a dead namespace apart in its own time; until then the old interface must not answer for an address. */
function closeOp({ hostInterfaceName }: Endpoint): PlanOp {
  return {
    ...routeOp('cleanup', `close the port ${hostInterfaceName}`, closePort(hostInterfaceName)),
    tolerate: [ENODEV, ENETDOWN, EINVAL],
  };
}

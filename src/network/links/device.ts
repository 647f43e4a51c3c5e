/** A network's own device on the host: a bridge, a VLAN of the parent interface, or a placeholder for one. Made when needed, by any process. */
import { BerthError } from '#base/errors.ts';
import { interfacesWithSettings, readNetSetting, writeNetSetting } from '#sys/net-settings.ts';
import { addAddress, addLoopbackRoute } from '#sys/netlink/address.ts';
import { applyChanges, type Change, linkNamed } from '#sys/netlink/interfaces.ts';
import { createBridge, createPair, createVlan, deleteLink, setMtu, setUp } from '#sys/netlink/link.ts';
import type { Link } from '#sys/netlink/read-link.ts';
import { placeholderPeerName } from '../device-names.ts';
import { addressKey } from '../firewall/key.ts';
import type { NetworkDevice } from '../model.ts';
import { inPool } from './address-bytes.ts';

/** What routers on a link are found by; the same on every bridge, as in Docker. */
const LINK_LOCAL_GATEWAY = { family: 6, bytes: addressKey('fe80::1'), prefix: 64 } as const;
const THERE = ['EEXIST'];

/**
 * Makes a network's device with everything it needs, whatever of it is there already; several processes may do so at once.
 *
 * @throws unavailable for a parent interface that does not exist, conflict for an interface of that name that is something else
 */
export async function ensureDevice(network: NetworkDevice): Promise<void> {
  if (network.driver === 'bridge') return ensureBridge(network);
  const present = await linkNamed(network.interfaceName);
  if (present !== undefined) {
    if (!present.isUp && network.ownsParent) await apply('switch on', network.interfaceName, setUp(present.index));
    return;
  }
  if (!network.ownsParent) throw missingParent(network.interfaceName);
  await (network.interfaceName.includes('.') ? makeVlan(network) : makePlaceholder(network));
}

/** Writes a setting unless it is so already. */
function setting(name: string, value: string): void {
  if (readNetSetting(name) !== value) writeNetSetting(name, value);
}

function missingParent(name: string): BerthError {
  return new BerthError('unavailable', 'network.parent', `the parent interface ${name} does not exist`);
}

function apply(what: string, name: string, message: Change['message'], tolerate: readonly string[] = []) {
  return applyChanges([{ message, about: `${what} ${name}`, tolerate }]);
}

async function made(name: string): Promise<Link> {
  const link = await linkNamed(name);
  if (link !== undefined) return link;
  throw new BerthError('conflict', 'network.device', `the interface ${name} was removed while it was being made`);
}

/** The same for the same network, so that neighbours keep what they know when it is made again. */
function macOf(id: string): string {
  return ['02', ...id.slice(0, 10).match(/../g)!].join(':');
}

async function ensureBridge(network: NetworkDevice): Promise<void> {
  const { interfaceName: name, mtu } = network;
  if (network.ownsParent) {
    await apply('make the bridge', name, createBridge({ name, mtu, macAddress: macOf(network.id) }), THERE);
  }
  const link = await linkNamed(name);
  if (link === undefined) {
    throw new BerthError('unavailable', 'network.bridge', `the bridge ${name} does not exist`);
  }
  if (link.kind !== 'bridge') {
    throw new BerthError('conflict', 'network.bridge', `the interface ${name} exists and is not a bridge`, {
      hint: `choose another name with -o com.docker.network.bridge.name=NAME, or remove it: ip link delete ${name}`,
    });
  }
  if (network.ownsParent) setBridgeSettings(network);
  await applyChanges([
    ...(mtu === undefined || link.mtu === mtu || !network.ownsParent
      ? []
      : [{ message: setMtu(link.index, mtu), about: `set the packet size of ${name}` }]),
    ...gatewayChanges(network, link.index),
    { message: setUp(link.index), about: `switch on ${name}` },
    ...(publishes(network, 6) && network.ownsParent
      ? [{ message: addLoopbackRoute(link.index), about: `lead ::1 to ${name}`, tolerate: THERE }]
      : []),
  ]);
  forwardPackets(network);
}

function hasFamily(network: NetworkDevice, family: 4 | 6): boolean {
  return network.pools.some((pool) => pool.family === family);
}

/** Before it is switched on: no address of its own choosing, no advertisements from containers believed. */
function setBridgeSettings(network: NetworkDevice): void {
  const conf = `ipv6/conf/${network.interfaceName}`;
  setting(`${conf}/disable_ipv6`, hasFamily(network, 6) ? '0' : '1');
  setting(`${conf}/accept_ra`, '0');
  // Ports published at the host's loopback address. The firewall, which is there already, keeps everybody else from using it.
  if (publishes(network, 4)) setting(`ipv4/conf/${network.interfaceName}/route_localnet`, '1');
}

/** True when containers may have ports on the host's addresses of a family. */
function publishes(network: NetworkDevice, family: 4 | 6): boolean {
  const mode = network.bridge.gatewayMode[family === 4 ? 'v4' : 'v6'];
  return hasFamily(network, family) && !network.internal && (mode === 'nat' || mode === 'nat-unprotected');
}

function gatewayChanges(network: NetworkDevice, index: number): Change[] {
  const { interfaceName, bridge } = network;
  const pools = network.pools.filter(({ family }) => {
    const isInhibited = family === 4 && bridge.inhibitIpv4 === true;
    return !isInhibited && bridge.gatewayMode[family === 4 ? 'v4' : 'v6'] !== 'isolated';
  });
  const addresses = pools.flatMap((pool) => (pool.gateway === undefined ? [] : [inPool(pool.gateway, pool)]));
  if (network.ownsParent && addresses.some(({ family }) => family === 6)) addresses.push(LINK_LOCAL_GATEWAY);
  return addresses.map((address) => ({
    message: addAddress(index, address),
    about: `give ${interfaceName} the gateway's address`,
    tolerate: THERE,
  }));
}

/**
 * Containers' packets pass the host. A host that forwards IPv6 stops believing its own routers' advertisements unless told
 * otherwise (ip-sysctl, accept_ra): interfaces that believed them go on.
 */
function forwardPackets(network: NetworkDevice): void {
  if (network.internal) return;
  if (hasFamily(network, 4)) setting('ipv4/ip_forward', '1');
  if (!hasFamily(network, 6) || readNetSetting('ipv6/conf/all/forwarding') !== '0') return;
  for (const name of interfacesWithSettings('ipv6')) {
    const conf = `ipv6/conf/${name}`;
    if (readNetSetting(`${conf}/accept_ra`) === '1' && readNetSetting(`${conf}/forwarding`) === '0') {
      setting(`${conf}/accept_ra`, '2');
    }
  }
  setting('ipv6/conf/all/forwarding', '1');
}

/** `eth0.50`: VLAN 50 on eth0. */
async function makeVlan({ interfaceName: name, mtu }: NetworkDevice): Promise<void> {
  const at = name.lastIndexOf('.');
  const parentName = name.slice(0, at);
  const parent = await linkNamed(parentName);
  if (parent === undefined) throw missingParent(parentName);
  await apply('make the VLAN', name, createVlan({ name, mtu }, parent.index, Number(name.slice(at + 1))), THERE);
}

/** Containers on it reach each other and nobody else. A pair rather than a dummy device: every kernel with bridges has it. */
async function makePlaceholder({ id, interfaceName: name, mtu }: NetworkDevice): Promise<void> {
  const peer = placeholderPeerName(id);
  await apply('make the placeholder', name, createPair({ name, mtu }, { name: peer, mtu }), THERE);
  for (const end of [name, peer]) {
    const { index } = await made(end);
    setting(`ipv6/conf/${end}/disable_ipv6`, '1');
    await apply('switch on', end, setUp(index));
  }
}

/** Removes a network's device. One that was there before Berth stays, without the gateway's address that it got. */
export async function removeDevice(network: NetworkDevice): Promise<void> {
  if (!network.ownsParent) return;
  const link = await linkNamed(network.interfaceName);
  if (link === undefined) return;
  if (network.driver === 'bridge' && link.kind !== 'bridge') return;
  await apply('remove', network.interfaceName, deleteLink(link.index), ['ENODEV']);
}

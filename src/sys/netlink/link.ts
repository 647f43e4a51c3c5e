/** Interfaces: made, changed and removed (linux/if_link.h, linux/rtnetlink.h). */
import { attribute, nested, text, u8, u16, u32 } from './attribute.ts';
import {
  CREATE,
  childPidAttribute,
  type Device,
  DUMP,
  deviceAttribute,
  EXCLUSIVE,
  join,
  type Part,
  type RouteMessage,
  routeMessage,
} from './route-message.ts';

const NEWLINK = 16;
const DELLINK = 17;
const GETLINK = 18;
const SETLINK = 19;

export const IFLA = {
  ADDRESS: 1,
  IFNAME: 3,
  MTU: 4,
  LINK: 5,
  MASTER: 10,
  PROTINFO: 12,
  LINKINFO: 18,
  NET_NS_PID: 19,
  NEW_IFINDEX: 49,
  GSO_IPV4_MAX_SIZE: 63,
} as const;
const INFO_KIND = 1;
const INFO_DATA = 2;
const VETH_PEER = 1;
const MACVLAN_MODE = 1;
const IPVLAN_MODE = 1;
const IPVLAN_FLAGS = 2;
const VLAN_ID = 1;
const PORT_STATE = 1;
const PORT_MODE = 4;
const PORT_FLUSH = 26;
const PORT_ISOLATED = 33;
const STATE_DISABLED = 0;
const FAMILY_BRIDGE = 7;
/** Bit of `ifi_flags`. */
export const UP = 1;

/** Bytes of struct ifinfomsg. */
export const LINK_HEADER = 16;

/** linux/if_link.h: enum macvlan_mode. */
export const MACVLAN_MODES = { private: 1, vepa: 2, bridge: 4, passthru: 8 } as const;
/** linux/if_link.h: enum ipvlan_mode. */
export const IPVLAN_MODES = { l2: 0, l3: 1, l3s: 2 } as const;
/** IPVLAN_F_PRIVATE, IPVLAN_F_VEPA; nothing for bridge. */
export const IPVLAN_FLAG_BITS = { bridge: 0, private: 1, vepa: 2 } as const;

export interface LinkProperties {
  readonly name: string;
  /** Bytes; the kernel's choice when absent. */
  readonly mtu?: number | undefined;
  /** `02:42:…`; the kernel's choice when absent or empty. */
  readonly macAddress?: string | undefined;
  /**
   * Bytes of TCP over IPv4 that the kernel takes through at once (BIG TCP, Linux 6.3; older kernels ignore it); the kernel's choice,
   * 65536, when absent. More is only right where nothing leads on to hardware, which cannot cut that much into packets.
   */
  readonly largestBurst?: number | undefined;
}

const part = (bytes: Uint8Array): Part => ({ bytes });

function header(family: number, device: Device, flags: number, mask: number): Part {
  const bytes = Buffer.alloc(LINK_HEADER);
  bytes.writeUInt8(family, 0);
  if (typeof device === 'number') bytes.writeInt32LE(device, 4);
  bytes.writeUInt32LE(flags, 8);
  bytes.writeUInt32LE(mask, 12);
  return { bytes, ...(typeof device === 'number' ? {} : { holes: [{ kind: 'ifindex', offset: 4, name: device }] }) };
}

/** The six bytes of an address in its usual text. */
export function macBytes(macAddress: string): Buffer {
  return Buffer.from(macAddress.replaceAll(':', ''), 'hex');
}

function properties({ name, mtu, macAddress, largestBurst }: LinkProperties): Part[] {
  return [
    part(text(IFLA.IFNAME, name)),
    ...(mtu === undefined ? [] : [part(u32(IFLA.MTU, mtu))]),
    ...(macAddress === undefined || macAddress === '' ? [] : [part(attribute(IFLA.ADDRESS, macBytes(macAddress)))]),
    ...(largestBurst === undefined ? [] : [part(u32(IFLA.GSO_IPV4_MAX_SIZE, largestBurst))]),
  ];
}

/** A nested attribute around parts that have holes. */
function around(type: number, ...parts: readonly Part[]): Part {
  const inner = join(...parts);
  const head = Buffer.alloc(4);
  head.writeUInt16LE(4 + inner.bytes.length, 0);
  head.writeUInt16LE(type | 0x8000, 2);
  return join(part(head), inner);
}

function ofKind(kind: string, ...data: readonly Part[]): Part {
  const named = part(text(INFO_KIND, kind));
  return around(IFLA.LINKINFO, named, ...(data.length === 0 ? [] : [around(INFO_DATA, ...data)]));
}

const fresh = (device: Part, ...parts: readonly Part[]) => routeMessage(NEWLINK, CREATE | EXCLUSIVE, device, ...parts);

/** A bridge, down. EEXIST: there is an interface of that name. */
export function createBridge(link: LinkProperties): RouteMessage {
  return fresh(header(0, 0, 0, 0), ...properties(link), ofKind('bridge'));
}

/** A pair with both ends here, down. */
export function createPair(link: LinkProperties, peer: LinkProperties): RouteMessage {
  const end = around(VETH_PEER, header(0, 0, 0, 0), ...properties(peer));
  return fresh(header(0, 0, 0, 0), ...properties(link), ofKind('veth', end));
}

/**
 * A pair whose first end is a port of a bridge, up, and whose other end is in the network namespace of the plan's child, down.
 * EXFULL: the bridge has no port left.
 */
export function createPort(link: LinkProperties, bridge: Device, peer: LinkProperties): RouteMessage {
  const end = around(VETH_PEER, header(0, 0, 0, 0), ...properties(peer), childPidAttribute(IFLA.NET_NS_PID));
  return fresh(header(0, 0, UP, UP), ...properties(link), deviceAttribute(IFLA.MASTER, bridge), ofKind('veth', end));
}

/** A macvlan interface in the network namespace of the plan's child, down. EBUSY: the parent is somebody's already, in a mode that excludes it. */
export function createMacvlan(link: LinkProperties, parent: Device, mode: keyof typeof MACVLAN_MODES): RouteMessage {
  return fresh(
    header(0, 0, 0, 0),
    ...properties(link),
    deviceAttribute(IFLA.LINK, parent),
    childPidAttribute(IFLA.NET_NS_PID),
    ofKind('macvlan', part(u32(MACVLAN_MODE, MACVLAN_MODES[mode]))),
  );
}

/** An ipvlan interface in the network namespace of the plan's child, down. */
export function createIpvlan(
  link: LinkProperties,
  parent: Device,
  mode: keyof typeof IPVLAN_MODES,
  flag: keyof typeof IPVLAN_FLAG_BITS,
): RouteMessage {
  return fresh(
    header(0, 0, 0, 0),
    ...properties(link),
    deviceAttribute(IFLA.LINK, parent),
    childPidAttribute(IFLA.NET_NS_PID),
    ofKind('ipvlan', part(u16(IPVLAN_MODE, IPVLAN_MODES[mode])), part(u16(IPVLAN_FLAGS, IPVLAN_FLAG_BITS[flag]))),
  );
}

/** The interface of one VLAN on a parent, up. @param id 1 to 4094 */
export function createVlan(link: LinkProperties, parent: Device, id: number): RouteMessage {
  return fresh(
    header(0, 0, UP, UP),
    ...properties(link),
    deviceAttribute(IFLA.LINK, parent),
    ofKind('vlan', part(u16(VLAN_ID, id))),
  );
}

/** Switches an interface on or off. */
export function setUp(device: Device, isUp = true): RouteMessage {
  return routeMessage(NEWLINK, 0, header(0, device, isUp ? UP : 0, UP));
}

/**
 * Moves an interface into the network namespace of the plan's child, where it is down and without addresses.
 *
 * @param device index
 * @param name there: `eth%d` is numbered by the kernel. EEXIST: there is one of that name
 * @param newIndex index there; the kernel's choice when absent. EBUSY: it is taken
 */
export function moveLink(device: number, name: string, newIndex?: number): RouteMessage {
  return routeMessage(
    NEWLINK,
    0,
    header(0, device, 0, 0),
    part(text(IFLA.IFNAME, name)),
    childPidAttribute(IFLA.NET_NS_PID),
    ...(newIndex === undefined ? [] : [part(u32(IFLA.NEW_IFINDEX, newIndex))]),
  );
}

/** Gives an interface another size of packets. @param mtu bytes */
export function setMtu(device: Device, mtu: number): RouteMessage {
  return routeMessage(NEWLINK, 0, header(0, device, 0, 0), part(u32(IFLA.MTU, mtu)));
}

/** See {@link LinkProperties.largestBurst}. */
export function setLargestBurst(device: Device, bytes: number): RouteMessage {
  return routeMessage(NEWLINK, 0, header(0, device, 0, 0), part(u32(IFLA.GSO_IPV4_MAX_SIZE, bytes)));
}

/** Removes an interface; of a pair, both ends. */
export function deleteLink(device: Device): RouteMessage {
  return routeMessage(DELLINK, 0, header(0, device, 0, 0));
}

/** Isolated ports of a bridge do not reach each other, only those that are not isolated and the bridge itself. */
export function isolatePort(device: Device): RouteMessage {
  return portMessage(device, u8(PORT_ISOLATED, 1));
}

/** A packet may leave by the port it came in by. */
export function hairpinPort(device: Device): RouteMessage {
  return portMessage(device, u8(PORT_MODE, 1));
}

/** Nothing passes a port any more, and the bridge forgets who was behind it. */
export function closePort(device: Device): RouteMessage {
  return portMessage(device, u8(PORT_STATE, STATE_DISABLED), attribute(PORT_FLUSH, Buffer.alloc(0)));
}

function portMessage(device: Device, ...flags: readonly Buffer[]): RouteMessage {
  return routeMessage(SETLINK, 0, header(FAMILY_BRIDGE, device, 0, 0), part(nested(IFLA.PROTINFO, ...flags)));
}

/**
 * Gives an interface the address that it has: neighbours are told its IP addresses (arp_notify, ndisc_notify).
 *
 * @param macAddress its own
 */
export function announceLink(device: Device, macAddress: string): RouteMessage {
  return routeMessage(NEWLINK, 0, header(0, device, 0, 0), part(attribute(IFLA.ADDRESS, macBytes(macAddress))));
}

/**
 * Asks for an interface, so that the kernel catches up with its carrier: a bridge lets nothing pass a port before that
 * (rtnl_getlink, Linux 6.8; older ones do it a moment later).
 */
export function settleLink(device: Device): RouteMessage {
  return routeMessage(GETLINK, 0, header(0, device, 0, 0));
}

/** Asks for one interface by its name. */
export function askLink(name: string): Buffer {
  return withoutAcknowledgement(routeMessage(GETLINK, 0, header(0, 0, 0, 0), part(text(IFLA.IFNAME, name))));
}

/** Asks for all interfaces. */
export function askLinks(): Buffer {
  return withoutAcknowledgement(routeMessage(GETLINK, DUMP, header(0, 0, 0, 0)));
}

export function withoutAcknowledgement({ bytes }: RouteMessage): Buffer {
  bytes.writeUInt16LE(bytes.readUInt16LE(6) & ~0x4, 6);
  return bytes;
}

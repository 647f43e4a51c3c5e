/** Addresses of interfaces and routes (linux/if_addr.h, linux/rtnetlink.h). */
import { attribute } from './attribute.ts';
import {
  CREATE,
  type Device,
  deviceAttribute,
  EXCLUSIVE,
  type Part,
  REPLACE,
  type RouteMessage,
  routeMessage,
} from './route-message.ts';

const NEWADDR = 20;
const NEWROUTE = 24;
const DELROUTE = 25;
const FAMILY = { 4: 2, 6: 10 } as const;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_BROADCAST = 4;
/** No search for others with the same address: it is usable at once, and who has it is decided elsewhere. */
const NO_DETECTION = 0x02;
const RTA_DST = 1;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RTA_PRIORITY = 6;
const MAIN_TABLE = 254;
const LOCAL_TABLE = 255;
const LOCAL = 2;
/** Higher than the kernel's own, which stays the one that counts elsewhere. */
const LAST_METRIC = 4096;
const PROTOCOL_BOOT = 3;
const SCOPE_LINK = 253;
const UNICAST = 1;
const PREFIX_LIMIT_FOR_BROADCAST = 30;

/** Four or sixteen bytes with what part of them names the network. */
export interface InterfaceAddress {
  readonly family: 4 | 6;
  readonly bytes: Uint8Array;
  /** Bits. */
  readonly prefix: number;
}

const part = (bytes: Uint8Array): Part => ({ bytes });

function broadcastOf({ bytes, prefix }: InterfaceAddress): Buffer {
  const all = Buffer.from(bytes);
  all.writeUInt32BE((all.readUInt32BE(0) | (0xffff_ffff >>> prefix)) >>> 0, 0);
  return all;
}

/** Gives an interface an address. EEXIST: it has it. */
export function addAddress(device: Device, address: InterfaceAddress): RouteMessage {
  const header = Buffer.alloc(8);
  header.writeUInt8(FAMILY[address.family], 0);
  header.writeUInt8(address.prefix, 1);
  if (address.family === 6) header.writeUInt8(NO_DETECTION, 2);
  if (typeof device === 'number') header.writeUInt32LE(device, 4);
  const isBroadcast = address.family === 4 && address.prefix <= PREFIX_LIMIT_FOR_BROADCAST;
  return routeMessage(
    NEWADDR,
    CREATE | EXCLUSIVE,
    { bytes: header, ...(typeof device === 'number' ? {} : { holes: [{ kind: 'ifindex', offset: 4, name: device }] }) },
    part(attribute(IFA_LOCAL, address.bytes)),
    part(attribute(IFA_ADDRESS, address.bytes)),
    ...(isBroadcast ? [part(attribute(IFA_BROADCAST, broadcastOf(address)))] : []),
  );
}

function defaultRoute(family: 4 | 6, scope: number): Part {
  const header = Buffer.alloc(12);
  header.writeUInt8(FAMILY[family], 0);
  header.writeUInt8(MAIN_TABLE, 4);
  header.writeUInt8(PROTOCOL_BOOT, 5);
  header.writeUInt8(scope, 6);
  header.writeUInt8(UNICAST, 7);
  return part(header);
}

/**
 * The way to everywhere: through a gateway, or directly out of the interface; instead of the one there is.
 *
 * @param gateway four or sixteen bytes
 */
export function replaceDefaultRoute(device: Device, family: 4 | 6, gateway: Uint8Array | undefined): RouteMessage {
  return routeMessage(
    NEWROUTE,
    CREATE | REPLACE,
    defaultRoute(family, gateway === undefined && family === 4 ? SCOPE_LINK : 0),
    ...(gateway === undefined ? [] : [part(attribute(RTA_GATEWAY, gateway))]),
    deviceAttribute(RTA_OIF, device),
  );
}

/**
 * Lets answers to the host's ::1 in by an interface: for this address the kernel wants a route by that very interface. Packets
 * that say ::1 themselves are refused all the same. EEXIST: it is there.
 */
export function addLoopbackRoute(device: Device): RouteMessage {
  const header = Buffer.alloc(12);
  header.writeUInt8(FAMILY[6], 0);
  header.writeUInt8(128, 1);
  header.writeUInt8(LOCAL_TABLE, 4);
  header.writeUInt8(PROTOCOL_BOOT, 5);
  header.writeUInt8(LOCAL, 7);
  const metric = Buffer.alloc(4);
  metric.writeUInt32LE(LAST_METRIC, 0);
  return routeMessage(
    NEWROUTE,
    CREATE | EXCLUSIVE,
    part(header),
    part(attribute(RTA_DST, Buffer.concat([Buffer.alloc(15), Buffer.of(1)]))),
    part(attribute(RTA_PRIORITY, metric)),
    deviceAttribute(RTA_OIF, device),
  );
}

/** Takes the way to everywhere away. ESRCH: there is none by this interface. */
export function deleteDefaultRoute(device: Device, family: 4 | 6): RouteMessage {
  return routeMessage(DELROUTE, 0, defaultRoute(family, 0), deviceAttribute(RTA_OIF, device));
}

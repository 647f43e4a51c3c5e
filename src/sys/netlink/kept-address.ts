/** Addresses of an interface as the kernel tells them (RTM_NEWADDR, linux/if_addr.h), to be given to it again elsewhere. */
import { attribute, numberOf, parseAttributes } from './attribute.ts';
import { withoutAcknowledgement } from './link.ts';
import { CREATE, type Device, DUMP, EXCLUSIVE, HEADER, type RouteMessage, routeMessage } from './route-message.ts';

const NEWADDR = 20;
const GETADDR = 22;
/** Bytes of struct ifaddrmsg. */
const ADDRESS_HEADER = 8;
const IFA_FLAGS = 8;
/** What an address consists of: IFA_ADDRESS, IFA_LOCAL, IFA_BROADCAST. */
const PARTS = [1, 2, 4];
const PERMANENT = 0x80;
const NO_DETECTION = 0x02;
const SCOPE_UNIVERSE = 0;

/** One address of one interface. */
export interface KeptAddress {
  /** Index of the interface. */
  readonly device: number;
  /** As the kernel numbers it. */
  readonly family: number;
  /** Bits. */
  readonly prefix: number;
  readonly isPermanent: boolean;
  /** Of use everywhere, not only on this machine or link. */
  readonly isGlobal: boolean;
  /** Address, local address of a pair of ends, broadcast address, by their attributes' numbers. */
  readonly parts: ReadonlyMap<number, Buffer>;
}

/** Asks for the addresses of all interfaces. */
export function askAddresses(): Buffer {
  return withoutAcknowledgement(routeMessage(GETADDR, DUMP, { bytes: Buffer.alloc(ADDRESS_HEADER) }));
}

/** @returns undefined for messages that are not about an address, or cut off */
export function readAddress(message: Buffer): KeptAddress | undefined {
  if (message.length < HEADER + ADDRESS_HEADER || message.readUInt16LE(4) !== NEWADDR) return undefined;
  const attributes = parseAttributes(message.subarray(HEADER + ADDRESS_HEADER));
  const flags = numberOf(attributes.get(IFA_FLAGS)) ?? message.readUInt8(HEADER + 2);
  const parts = PARTS.flatMap((type) => {
    const value = attributes.get(type);
    return value === undefined ? [] : [[type, value] as const];
  });
  return {
    device: message.readUInt32LE(HEADER + 4),
    family: message.readUInt8(HEADER),
    prefix: message.readUInt8(HEADER + 1),
    isPermanent: (flags & PERMANENT) !== 0,
    isGlobal: message.readUInt8(HEADER + 3) === SCOPE_UNIVERSE,
    parts: new Map(parts),
  };
}

/** Gives an interface an address that it had before, at once usable. EEXIST: it has it. */
export function giveAddress(device: Device, { family, prefix, parts }: KeptAddress): RouteMessage {
  const header = Buffer.alloc(ADDRESS_HEADER);
  header.writeUInt8(family, 0);
  header.writeUInt8(prefix, 1);
  header.writeUInt8(NO_DETECTION, 2);
  if (typeof device === 'number') header.writeUInt32LE(device, 4);
  return routeMessage(
    NEWADDR,
    CREATE | EXCLUSIVE,
    { bytes: header, ...(typeof device === 'number' ? {} : { holes: [{ kind: 'ifindex', offset: 4, name: device }] }) },
    ...[...parts].map(([type, value]) => ({ bytes: attribute(type, value) })),
  );
}

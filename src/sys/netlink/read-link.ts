/** What the kernel says about an interface (RTM_NEWLINK). */
import { numberOf, parseAttributes, textOf } from './attribute.ts';
import { IFLA, LINK_HEADER, UP } from './link.ts';
import { HEADER } from './route-message.ts';

const NEWLINK = 16;
const INFO_KIND = 1;

export interface Link {
  readonly index: number;
  readonly name: string;
  /** `bridge`, `veth`, …; empty for hardware. */
  readonly kind: string;
  readonly isUp: boolean;
  /** Bytes. */
  readonly mtu: number;
  readonly macAddress: string;
  /** Index of the bridge it is a port of; 0 for none. */
  readonly master: number;
  /** Bytes of IPv4 at once (see `LinkProperties`); undefined for kernels without that. */
  readonly largestBurst: number | undefined;
}

/** @returns undefined for messages that are not about an interface, or cut off */
export function readLink(message: Buffer): Link | undefined {
  if (message.length < HEADER + LINK_HEADER || message.readUInt16LE(4) !== NEWLINK) return undefined;
  const attributes = parseAttributes(message.subarray(HEADER + LINK_HEADER));
  const info = parseAttributes(attributes.get(IFLA.LINKINFO) ?? Buffer.alloc(0));
  return {
    index: message.readInt32LE(HEADER + 4),
    name: textOf(attributes.get(IFLA.IFNAME)),
    kind: textOf(info.get(INFO_KIND)),
    isUp: (message.readUInt32LE(HEADER + 8) & UP) !== 0,
    mtu: numberOf(attributes.get(IFLA.MTU)) ?? 0,
    macAddress: (attributes.get(IFLA.ADDRESS) ?? Buffer.alloc(0)).toString('hex').replace(/(..)(?=.)/g, '$1:'),
    master: numberOf(attributes.get(IFLA.MASTER)) ?? 0,
    largestBurst: numberOf(attributes.get(IFLA.GSO_IPV4_MAX_SIZE)),
  };
}

/** Values of the table's sets, as the kernel compares them: every field padded to four bytes. */
import type { Family } from '#base/ip-address.ts';
import { addressOf, boundsOf, subnetOf } from '#base/ip-subnet.ts';
import type { PortProtocol } from '../model.ts';

const PROTOCOLS: Readonly<Record<PortProtocol, number>> = { tcp: 6, udp: 17, sctp: 132 };
const INTERFACE_NAME = 16;

/** An address of 32 or 128 bits in network order. */
export function addressBytes(family: Family, value: bigint): Buffer {
  const bytes = Buffer.alloc(family === 4 ? 4 : 16);
  if (family === 4) bytes.writeUInt32BE(Number(value));
  else {
    bytes.writeBigUInt64BE(value >> 64n, 0);
    bytes.writeBigUInt64BE(value & 0xffff_ffff_ffff_ffffn, 8);
  }
  return bytes;
}

/** The bytes of an address in text. */
export function addressKey(text: string): Buffer {
  const address = addressOf(text);
  return addressBytes(address.family, address.value);
}

export function protocolKey(protocol: PortProtocol): Buffer {
  return Buffer.of(PROTOCOLS[protocol], 0, 0, 0);
}

export function portKey(port: number): Buffer {
  return Buffer.of(port >> 8, port & 255, 0, 0);
}

/** A name of at most 15 bytes. */
export function interfaceKey(name: string): Buffer {
  const bytes = Buffer.alloc(INTERFACE_NAME);
  bytes.write(name.slice(0, INTERFACE_NAME - 1));
  return bytes;
}

/** First and last address of a subnet in text. */
export function subnetKeys(text: string): { readonly first: Buffer; readonly last: Buffer } {
  const subnet = subnetOf(text);
  const { first, last } = boundsOf(subnet);
  return { first: addressBytes(subnet.family, first), last: addressBytes(subnet.family, last) };
}

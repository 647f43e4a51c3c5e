/**
 * Messages of rtnetlink(7). An interface is given by its index, or by its name where only the keeper can look it up (at the moment
 * it sends, in the network namespace it is in then).
 */
import type { NetlinkHole } from '../keeper/plan.ts';

/** As a `netlink` op of a launch plan takes it. */
export interface RouteMessage {
  readonly bytes: Buffer;
  readonly holes: readonly NetlinkHole[];
}

/** An interface's index, or its name. */
export type Device = number | string;

export const REQUEST = 0x1;
export const ACKNOWLEDGE = 0x4;
export const REPLACE = 0x100;
export const EXCLUSIVE = 0x200;
export const CREATE = 0x400;
export const DUMP = 0x300;

/** Bytes of struct nlmsghdr. */
export const HEADER = 16;

/** A piece of a message: bytes, and where in them something is to be filled in. */
export interface Part {
  readonly bytes: Uint8Array;
  readonly holes?: readonly NetlinkHole[];
}

/** Pieces behind one another. */
export function join(...parts: readonly Part[]): Part {
  const holes: NetlinkHole[] = [];
  let at = 0;
  for (const part of parts) {
    for (const hole of part.holes ?? []) holes.push({ ...hole, offset: hole.offset + at });
    at += part.bytes.length;
  }
  return { bytes: Buffer.concat(parts.map(({ bytes }) => bytes)), holes };
}

/** A 32-bit attribute that holds an interface's index. */
export function deviceAttribute(type: number, device: Device): Part {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(8, 0);
  bytes.writeUInt16LE(type, 2);
  if (typeof device === 'number') bytes.writeUInt32LE(device, 4);
  return { bytes, ...(typeof device === 'number' ? {} : { holes: [{ kind: 'ifindex', offset: 4, name: device }] }) };
}

/** A 32-bit attribute that holds the pid of the plan's child. */
export function childPidAttribute(type: number): Part {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(8, 0);
  bytes.writeUInt16LE(type, 2);
  return { bytes, holes: [{ kind: 'child-pid', offset: 4 }] };
}

/** One message: header, then its parts. */
export function routeMessage(type: number, flags: number, ...parts: readonly Part[]): RouteMessage {
  const body = join(...parts);
  const bytes = Buffer.alloc(HEADER + body.bytes.length);
  bytes.writeUInt32LE(bytes.length, 0);
  bytes.writeUInt16LE(type, 4);
  bytes.writeUInt16LE(REQUEST | ACKNOWLEDGE | flags, 6);
  bytes.set(body.bytes, HEADER);
  return { bytes, holes: (body.holes ?? []).map((hole) => ({ ...hole, offset: hole.offset + HEADER })) };
}

/** Connections that the kernel tracks (linux/netfilter/nfnetlink_conntrack.h). */
import { BerthError } from '#base/errors.ts';
import { attribute, parseAttributes } from './netlink/attribute.ts';
import { FAMILIES, type TableFamily } from './nftables/message.ts';
import { NETLINK_NETFILTER, talk } from './nftables/talk.ts';

const SUBSYSTEM = 1;
const GET = 1;
const DELETE = 2;
const REQUEST = 0x1;
const DUMP = 0x300;
const HEADERS = 20;
const ORIGINAL = 1;
const REPLY = 2;
const ENOENT = 2;
const UDP = 17;

/** One side's view of a connection. */
export interface Flow {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly protocol: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

/** A connection as its first packet was, and as answers to it are. */
export interface Connection {
  readonly original: Flow;
  readonly reply: Flow;
  /** The attribute that names it. */
  readonly tuple: Buffer;
}

function message(type: number, flags: number, family: TableFamily, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const bytes = Buffer.alloc(HEADERS + body.length);
  bytes.writeUInt32LE(bytes.length, 0);
  bytes.writeUInt16LE((SUBSYSTEM << 8) | type, 4);
  bytes.writeUInt16LE(REQUEST | flags, 6);
  bytes.writeUInt8(FAMILIES[family], 16);
  bytes.set(body, HEADERS);
  return bytes;
}

function readFlow(bytes: Buffer | undefined): Flow | undefined {
  const tuple = parseAttributes(bytes ?? Buffer.alloc(0));
  const addresses = parseAttributes(tuple.get(1) ?? Buffer.alloc(0));
  const ports = parseAttributes(tuple.get(2) ?? Buffer.alloc(0));
  const source = addresses.get(1) ?? addresses.get(3);
  const destination = addresses.get(2) ?? addresses.get(4);
  const protocol = ports.get(1)?.[0];
  const [from, to] = [ports.get(2), ports.get(3)];
  if (source === undefined || destination === undefined || protocol === undefined) return undefined;
  if (from === undefined || to === undefined || from.length < 2 || to.length < 2) return undefined;
  return { source, destination, protocol, sourcePort: from.readUInt16BE(0), destinationPort: to.readUInt16BE(0) };
}

/** @returns undefined for protocols without ports, and for what is no connection */
export function readConnection(bytes: Buffer): Connection | undefined {
  if (bytes.length < HEADERS) return undefined;
  const fields = parseAttributes(bytes.subarray(HEADERS));
  const [original, reply] = [readFlow(fields.get(ORIGINAL)), readFlow(fields.get(REPLY))];
  if (original === undefined || reply === undefined) return undefined;
  return { original, reply, tuple: attribute(ORIGINAL | 0x8000, fields.get(ORIGINAL)!) };
}

/**
 * Makes the kernel forget UDP exchanges, so that their next packet is looked at as a first one.
 *
 * @param isMeant which of them
 * @throws BerthError when it refuses
 */
export async function forgetUdp(family: TableFamily, isMeant: (connection: Connection) => boolean): Promise<void> {
  const { messages } = await talk(NETLINK_NETFILTER, [message(GET, DUMP, family)]);
  for (const bytes of messages) {
    const connection = readConnection(bytes);
    if (connection === undefined || connection.original.protocol !== UDP || !isMeant(connection)) continue;
    const { refusal } = await talk(NETLINK_NETFILTER, [message(DELETE, 0, family, connection.tuple)]);
    if (refusal === undefined || refusal.errno === ENOENT) continue; // ended by itself
    const { errno } = refusal;
    throw new BerthError('internal', 'connections.refused', `cannot forget a connection: errno ${errno}`, {
      details: { errno },
    });
  }
}

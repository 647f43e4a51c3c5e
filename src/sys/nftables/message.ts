/** Messages to nf_tables as bytes: headers and attributes of linux/netlink.h, linux/netfilter/nfnetlink.h and nf_tables.h. */
import { attribute } from '../netlink/attribute.ts';

const NLM_F_REQUEST = 0x1;
const NLM_F_ACK = 0x4;
const SUBSYSTEM = 10;
const BATCH_BEGIN = 16;
const BATCH_END = 17;
const HEADERS = 20;

export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;
export const NLM_F_APPEND = 0x800;
export const NLM_F_DUMP = 0x300;

const FAMILY_INET = 1;
/** Netfilter's number of a family. Own tables are never `inet`: its chains know no `dup`. */
export const FAMILIES = { ip: 2, ip6: 10 } as const;
export type TableFamily = keyof typeof FAMILIES;

/** A number in network order; negative ones as two's complement. */
export function be32(type: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value | 0, 0);
  return attribute(type, bytes);
}

function message(type: number, flags: number, family: number, resource: number, parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const bytes = Buffer.alloc(HEADERS + body.length);
  bytes.writeUInt32LE(bytes.length, 0);
  bytes.writeUInt16LE(type, 4);
  bytes.writeUInt16LE(NLM_F_REQUEST | flags, 6);
  bytes.writeUInt8(family, 16);
  bytes.writeUInt16BE(resource, 18);
  bytes.set(body, HEADERS);
  return bytes;
}

/** One message of the subsystem. @param type NFT_MSG_… */
export function nftMessage(
  type: number,
  flags: number,
  family: TableFamily | 'inet',
  ...parts: readonly Uint8Array[]
): Buffer {
  return message((SUBSYSTEM << 8) | type, flags, family === 'inet' ? FAMILY_INET : FAMILIES[family], 0, parts);
}

/** Between begin and end everything happens at once or not at all. */
export function batchOf(messages: readonly Buffer[]): Buffer[] {
  return [message(BATCH_BEGIN, 0, 0, SUBSYSTEM, []), ...messages, message(BATCH_END, 0, 0, SUBSYSTEM, [])];
}

const LENGTH_STEP = 4;

/** A batch as the keeper sends it from a file (op `netlink-batches`): numbered, the last message before the end acknowledged. */
export function batchBytes(batch: readonly Buffer[]): Buffer {
  return Buffer.concat(
    batch.map((message, index) => {
      const bytes = Buffer.alloc(Math.ceil(message.length / LENGTH_STEP) * LENGTH_STEP);
      bytes.set(message);
      bytes.writeUInt32LE(bytes.length, 0);
      if (index === batch.length - 2) bytes.writeUInt16LE(bytes.readUInt16LE(6) | NLM_F_ACK, 6);
      bytes.writeUInt32LE(index + 1, 8);
      return bytes;
    }),
  );
}

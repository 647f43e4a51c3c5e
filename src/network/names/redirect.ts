/**
 * Rules in a container's network namespace that lead port 53 of the name server's address to the port on which the sockets really
 * listen, so that the container may use port 53 for itself. They rewrite ports and keep no state: no connection tracking is
 * switched on for the container's other traffic. Messages: linux/netfilter/nf_tables.h, nfnetlink.h.
 */

const NLM_F_REQUEST = 0x1;
const NLM_F_EXCL = 0x200;
const NLM_F_CREATE = 0x400;
const NLM_F_APPEND = 0x800;
const NLA_F_NESTED = 0x8000;
const SUBSYSTEM_NFTABLES = 10;
const BATCH_BEGIN = 16;
const BATCH_END = 17;
const NEWTABLE = 0;
const NEWCHAIN = 3;
const NEWRULE = 6;
const FAMILY_IPV4 = 2;
const HOOK_LOCAL_OUT = 3;
/** Before connection tracking (-200) sees the packet, should the container itself use it. */
const PRIORITY = -300;
const REGISTER = 1;
const VERDICT_REGISTER = 0;
const ACCEPT = 1;
const EQUAL = 0;
const NOT_EQUAL = 1;
const META_OIF = 5;
const META_L4PROTO = 16;
const NETWORK_HEADER = 1;
const TRANSPORT_HEADER = 2;
const CHECKSUM_INET = 1;
const LOOPBACK_INDEX = 1;
const DNS_PORT = 53;
const TABLE = 'berth-names';
const CHAIN = 'output';
/** Protocol number, and where its header has the checksum. */
const PROTOCOLS = [
  { number: 17, checksumAt: 6 },
  { number: 6, checksumAt: 16 },
] as const;

const AT_DESTINATION = { address: 16, port: 2 };
const AT_SOURCE = { address: 12, port: 0 };

function attribute(type: number, value: Uint8Array): Buffer {
  const bytes = Buffer.alloc((4 + value.length + 3) & ~3);
  bytes.writeUInt16LE(4 + value.length, 0);
  bytes.writeUInt16LE(type, 2);
  bytes.set(value, 4);
  return bytes;
}

const nested = (type: number, ...parts: readonly Buffer[]) => attribute(type | NLA_F_NESTED, Buffer.concat(parts));
const text = (type: number, value: string) => attribute(type, Buffer.from(`${value}\0`));

function be32(type: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value | 0, 0);
  return attribute(type, bytes);
}

function message(type: number, flags: number, family: number, resource: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const bytes = Buffer.alloc(20 + body.length);
  bytes.writeUInt32LE(bytes.length, 0);
  bytes.writeUInt16LE(type, 4);
  bytes.writeUInt16LE(NLM_F_REQUEST | flags, 6);
  bytes.writeUInt8(family, 16);
  bytes.writeUInt16BE(resource, 18);
  bytes.set(body, 20);
  return bytes;
}

const nftMessage = (type: number, flags: number, ...parts: readonly Buffer[]) =>
  message((SUBSYSTEM_NFTABLES << 8) | type, flags, FAMILY_IPV4, 0, ...parts);

const expression = (name: string, ...parts: readonly Buffer[]) => nested(1, text(1, name), nested(2, ...parts));
const value = (type: number, bytes: Uint8Array) => nested(type, attribute(1, bytes));
const load = (base: number, offset: number, length: number) =>
  expression('payload', be32(1, REGISTER), be32(2, base), be32(3, offset), be32(4, length));
const meta = (key: number) => expression('meta', be32(1, REGISTER), be32(2, key));
const compare = (how: number, bytes: Uint8Array) => expression('cmp', be32(1, REGISTER), be32(2, how), value(3, bytes));
const constant = (bytes: Uint8Array) => expression('immediate', be32(1, REGISTER), value(2, bytes));
const accept = () => expression('immediate', be32(1, VERDICT_REGISTER), nested(2, nested(2, be32(1, ACCEPT))));
const store = (offset: number, length: number, checksumAt: number) =>
  expression(
    'payload',
    be32(5, REGISTER),
    be32(2, TRANSPORT_HEADER),
    be32(3, offset),
    be32(4, length),
    be32(6, CHECKSUM_INET),
    be32(7, checksumAt),
  );

function rule(...expressions: readonly Buffer[]): Buffer {
  return nftMessage(NEWRULE, NLM_F_CREATE | NLM_F_APPEND, text(1, TABLE), text(2, CHAIN), nested(4, ...expressions));
}

function port(number: number): Buffer {
  return Buffer.of(number >> 8, number & 255);
}

function rewrite(
  at: typeof AT_SOURCE,
  address: Uint8Array,
  protocol: (typeof PROTOCOLS)[number],
  from: number,
  to: number,
): Buffer {
  return rule(
    load(NETWORK_HEADER, at.address, 4),
    compare(EQUAL, address),
    meta(META_L4PROTO),
    compare(EQUAL, Buffer.of(protocol.number)),
    load(TRANSPORT_HEADER, at.port, 2),
    compare(EQUAL, port(from)),
    constant(port(to)),
    store(at.port, 2, protocol.checksumAt),
  );
}

/**
 * The netlink batch (family NETLINK_NETFILTER) that leads port 53 of an address to another port and the answers back.
 *
 * @param address four bytes
 * @param realPort where the sockets listen
 */
export function redirectBatch(address: Uint8Array, realPort: number): Buffer[] {
  const index = Buffer.alloc(4);
  index.writeUInt32LE(LOOPBACK_INDEX, 0);
  const hook = nested(4, be32(1, HOOK_LOCAL_OUT), be32(2, PRIORITY));
  return [
    message(BATCH_BEGIN, 0, 0, SUBSYSTEM_NFTABLES),
    nftMessage(NEWTABLE, NLM_F_CREATE | NLM_F_EXCL, text(1, TABLE)),
    nftMessage(NEWCHAIN, NLM_F_CREATE, text(1, TABLE), text(3, CHAIN), hook, text(7, 'filter')),
    rule(meta(META_OIF), compare(NOT_EQUAL, index), accept()),
    ...PROTOCOLS.flatMap((protocol) => [
      rewrite(AT_DESTINATION, address, protocol, DNS_PORT, realPort),
      rewrite(AT_SOURCE, address, protocol, realPort, DNS_PORT),
    ]),
    message(BATCH_END, 0, 0, SUBSYSTEM_NFTABLES),
  ];
}

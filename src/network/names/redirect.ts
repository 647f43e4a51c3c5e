/**
 * Rules in a container's network namespace that lead port 53 of the name server's address to the port on which the sockets really
 * listen, so that the container may use port 53 for itself. They rewrite ports and keep no state: no connection tracking is
 * switched on for the container's other traffic.
 */

import { text } from '#sys/netlink/attribute.ts';
import { compare, constant, meta, payload, rewrite, verdict } from '#sys/nftables/expression.ts';
import { batchOf, NLM_F_CREATE, NLM_F_EXCL, nftMessage } from '#sys/nftables/message.ts';
import { newChain, newRule, type Table } from '#sys/nftables/object.ts';

const TABLE: Table = { family: 'ip', name: 'berth-names' };
const NEWTABLE = 0;
const CHAIN = 'output';
/** Before connection tracking (-200) sees the packet, should the container itself use it. */
const PRIORITY = -300;
const REGISTER = 0;
const DNS_PORT = 53;
/** Protocol number, and where its header has the checksum. */
const PROTOCOLS = [
  { number: 17, checksumAt: 6 },
  { number: 6, checksumAt: 16 },
] as const;
/** Offsets in the network and in the transport header. */
const DESTINATION = { address: 16, port: 2 } as const;
const SOURCE = { address: 12, port: 0 } as const;
const INTERFACE_NAME_BYTES = 16;

function portBytes(port: number): Buffer {
  return Buffer.of(port >> 8, port & 255);
}

function change(
  end: typeof DESTINATION | typeof SOURCE,
  address: Uint8Array,
  protocol: (typeof PROTOCOLS)[number],
  from: number,
  to: number,
): Buffer {
  return newRule(TABLE, CHAIN, [
    payload('network', end.address, address.length, REGISTER),
    compare('equal', REGISTER, address),
    meta('l4proto', REGISTER),
    compare('equal', REGISTER, Buffer.of(protocol.number)),
    payload('transport', end.port, 2, REGISTER),
    compare('equal', REGISTER, portBytes(from)),
    constant(portBytes(to), REGISTER),
    rewrite(end.port, 2, protocol.checksumAt, REGISTER),
  ]);
}

/** Nothing but the loopback device's traffic is looked at any further. */
function onlyLoopback(): Buffer {
  const name = Buffer.alloc(INTERFACE_NAME_BYTES);
  name.write('lo');
  return newRule(TABLE, CHAIN, [meta('oifname', REGISTER), compare('different', REGISTER, name), verdict('accept')]);
}

/**
 * The netlink batch (family NETLINK_NETFILTER) that leads port 53 of an address to another port and the answers back. The kernel
 * refuses it with EEXIST where that was done before.
 *
 * @param address four bytes
 * @param realPort where the sockets listen
 */
export function redirectBatch(address: Uint8Array, realPort: number): Buffer[] {
  const base = { type: 'filter', hook: 'output', priority: PRIORITY } as const;
  return batchOf([
    nftMessage(NEWTABLE, NLM_F_CREATE | NLM_F_EXCL, TABLE.family, text(1, TABLE.name)),
    newChain(TABLE, { name: CHAIN, base, rules: [] }),
    onlyLoopback(),
    ...PROTOCOLS.flatMap((protocol) => [
      change(DESTINATION, address, protocol, DNS_PORT, realPort),
      change(SOURCE, address, protocol, realPort, DNS_PORT),
    ]),
  ]);
}

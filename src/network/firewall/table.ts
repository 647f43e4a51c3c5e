/**
 * Berth's rules: one table for each address family and root, whose chains never change. What differs between networks and ports is
 * elements of sets and maps, so that a thousand of them cost a packet no more than one.
 *
 *   packets from outside   → prerouting: nothing but ports that are open
 *                          → the host's own input rules decide
 *                          → guard: a copy of what they let through comes in again by the re-entry pair
 *   from the pair, containers, or the host itself → publish: destination becomes the container
 *   the rest of the connection                    → follows by connection tracking, no rule is asked
 */

import type { Family } from '#base/ip-address.ts';
import * as to from '#sys/nftables/expression.ts';
import type { TableFamily } from '#sys/nftables/message.ts';
import type { Chain, Field, SetShape, Table } from '#sys/nftables/object.ts';
import type { FirewallNames } from './firewall-names.ts';
import { addressKey, interfaceKey } from './key.ts';

export const SETS = {
  bridges: 'bridges',
  subnets: 'subnets',
  masquerade: 'masquerade',
  internal: 'internal',
  loops: 'loops',
  apart: 'apart',
  direct: 'direct',
  routed: 'routed',
  trusted: 'trusted',
  ports: 'ports',
  ranges: 'ranges',
  guarded: 'guarded',
  open: 'open',
  reachable: 'reachable',
} as const;

const PREROUTING_RAW = -300;
/** After firewalld's look at the way back (10), before the packet is routed. */
const UNMARK = 1000;
const DESTINATION_NAT = -100;
const FILTER = 0;
const SOURCE_NAT = 100;
/** After every rule of the host's own; connection tracking confirms at 2^31 - 1. */
const LAST = 1_000_000;

const STATE = { established: 2, related: 4, new: 8 } as const;
const STATUS_DESTINATION_NAT = 0x20;
const ICMP = { ip: 1, ip6: 58 } as const;
const INTERFACE_REGISTERS = 4;

export function familyOf(family: TableFamily): Family {
  return family === 'ip' ? 4 : 6;
}

const addressField = (family: TableFamily): Field => (family === 'ip' ? 'ipv4_addr' : 'ipv6_addr');

/** The sets of a table, without elements. */
export function setsOf(family: TableFamily): SetShape[] {
  const address = addressField(family);
  const places = { key: [address, 'ifname'], interval: true } as const;
  const pairs = { key: ['ifname', 'ifname'] } as const;
  const service = { key: [address, 'inet_proto', 'inet_service'], interval: true } as const;
  const interfaces = { key: ['ifname'] } as const;
  return [
    { name: SETS.bridges, ...interfaces },
    { name: SETS.internal, ...interfaces },
    { name: SETS.direct, ...interfaces },
    { name: SETS.routed, ...interfaces },
    { name: SETS.subnets, ...places },
    { name: SETS.masquerade, ...places },
    { name: SETS.loops, ...pairs },
    { name: SETS.apart, ...pairs },
    { name: SETS.trusted, ...pairs },
    { name: SETS.ports, ...service, data: [address, 'inet_service', 'inet_service'] },
    { name: SETS.ranges, ...service, data: [address] },
    { name: SETS.guarded, ...service },
    { name: SETS.open, ...service },
    { name: SETS.reachable, ...service },
  ];
}

/** Expressions that differ between the families. */
interface Header {
  readonly source: (register: number) => Buffer;
  readonly destination: (register: number) => Buffer;
  /** How many registers an address takes. */
  readonly width: number;
}

function headerOf(family: TableFamily): Header {
  const isV4 = family === 'ip';
  const [length, source, destination] = isV4 ? [4, 12, 16] : [16, 8, 24];
  return {
    source: (register) => to.payload('network', source, length, register),
    destination: (register) => to.payload('network', destination, length, register),
    width: length / 4,
  };
}

const bits = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value, 0);
  return bytes;
};

const connectionHas = (key: 'state' | 'status', mask: number, yes = true) => [
  to.ct(key, 0),
  to.masked(0, bits(mask)),
  to.compare(yes ? 'different' : 'equal', 0, bits(0)),
];
const cameBy = (set: string) => [to.meta('iifname', 0), to.inSet(set, 0)];
const leavesBy = (set: string) => [to.meta('oifname', 0), to.inSet(set, 0)];
const isPair = (set: string) => [to.meta('iifname', 0), to.meta('oifname', INTERFACE_REGISTERS), to.inSet(set, 0)];
const notFrom = (name: string) => [to.meta('iifname', 0), to.compare('different', 0, interfaceKey(name))];

/** Whether one of the addresses belongs with one of the interfaces. */
function place(
  header: Header,
  end: 'source' | 'destination',
  device: 'iifname' | 'oifname',
  set: string,
  how: 'in' | 'not in' = 'in',
): Buffer[] {
  return [header[end](0), to.meta(device, header.width), to.inSet(set, 0, how)];
}

/** Destination address, protocol and port, in the order of the sets' fields. */
function service(header: Header): Buffer[] {
  return [header.destination(0), to.meta('l4proto', header.width), to.payload('transport', 2, 2, header.width + 1)];
}

const isLoopback = (address: Buffer) => [
  address,
  to.masked(0, Buffer.of(255, 0, 0, 0)),
  to.compare('equal', 0, Buffer.of(127, 0, 0, 0)),
];
const isNotLoopback = (address: Buffer) => [
  address,
  to.masked(0, Buffer.of(255, 0, 0, 0)),
  to.compare('different', 0, Buffer.of(127, 0, 0, 0)),
];

/** What the host's answers to its own loopback address need holes for: routing that nobody else may use. */
function rawChain(family: TableFamily, header: Header): Chain {
  const fromBridge = cameBy(SETS.bridges);
  return {
    name: 'loopback',
    base: { type: 'filter', hook: 'prerouting', priority: PREROUTING_RAW },
    rules:
      family === 'ip6'
        ? [] // the kernel itself refuses ::1 from elsewhere
        : [
            [...fromBridge, ...isLoopback(header.destination(0)), to.verdict('drop')],
            [...fromBridge, ...isLoopback(header.source(0)), to.verdict('drop')],
          ],
  };
}

/** Containers reach the host by its addresses, from their own. */
function inputChain(header: Header): Chain {
  return {
    name: 'input',
    base: { type: 'filter', hook: 'input', priority: FILTER },
    rules: [
      [...connectionHas('state', STATE.established | STATE.related), to.verdict('accept')],
      [
        ...cameBy(SETS.internal),
        ...place(header, 'destination', 'iifname', SETS.subnets, 'not in'),
        to.verdict('drop'),
      ],
      [...cameBy(SETS.bridges), ...place(header, 'source', 'iifname', SETS.subnets, 'not in'), to.verdict('drop')],
    ],
  };
}

function forwardChains(family: TableFamily, header: Header): Chain[] {
  const isPublished = connectionHas('status', STATUS_DESTINATION_NAT);
  return [
    {
      name: 'forward',
      base: { type: 'filter', hook: 'forward', priority: FILTER },
      rules: [
        [...connectionHas('state', STATE.established | STATE.related), to.verdict('accept')],
        [...cameBy(SETS.bridges), to.branch('jump', 'from-containers')],
        [...leavesBy(SETS.bridges), to.branch('jump', 'to-containers')],
      ],
    },
    {
      name: 'from-containers',
      rules: [
        [...isPair(SETS.loops), to.verdict('accept')],
        [...isPair(SETS.apart), ...connectionHas('status', STATUS_DESTINATION_NAT, false), to.verdict('drop')],
        [...cameBy(SETS.internal), to.verdict('drop')],
        [...place(header, 'source', 'iifname', SETS.subnets, 'not in'), to.verdict('drop')],
      ],
    },
    {
      name: 'to-containers',
      rules: [
        [...leavesBy(SETS.internal), to.verdict('drop')],
        [...isPublished, to.verdict('accept')],
        [...leavesBy(SETS.direct), to.verdict('accept')],
        [...isPair(SETS.trusted), to.verdict('accept')],
        [...leavesBy(SETS.routed), ...service(header), to.inSet(SETS.reachable, 0), to.verdict('accept')],
        [
          ...leavesBy(SETS.routed),
          to.meta('l4proto', 0),
          to.compare('equal', 0, Buffer.of(ICMP[family])),
          to.verdict('accept'),
        ],
        [to.verdict('drop')],
      ],
    },
  ];
}

function natChains(family: TableFamily, header: Header, names: FirewallNames, loopbackV6: boolean): Chain[] {
  const publish = [...to.destinationIsLocal(0), to.branch('goto', 'publish')];
  const number = family === 'ip' ? 2 : 10;
  const isV4 = family === 'ip';
  const loopbackSource = isV4
    ? isLoopback(header.source(0))
    : [header.source(0), to.compare('equal', 0, addressKey('::1'))];
  const answerable = isV4 || loopbackV6 ? [] : [header.destination(0), to.compare('different', 0, addressKey('::1'))];
  return [
    {
      name: 'prerouting',
      base: { type: 'nat', hook: 'prerouting', priority: DESTINATION_NAT },
      rules: [
        [...cameBy(SETS.bridges), ...publish],
        [to.meta('iifname', 0), to.compare('equal', 0, interfaceKey(names.entry)), ...publish],
        [
          // Neighbours may not come in by a loopback address: the kernel only looks at it after the rewrite.
          ...(isV4 ? isNotLoopback(header.destination(0)) : []),
          ...service(header),
          to.inSet(SETS.open, 0),
          ...publish,
        ],
      ],
    },
    {
      name: 'output',
      base: { type: 'nat', hook: 'output', priority: DESTINATION_NAT },
      rules: [[...answerable, ...publish]],
    },
    {
      name: 'publish',
      rules: [
        [
          ...service(header),
          to.mapped(SETS.ports, 0, 0),
          to.destinationNat(number, 0, { low: header.width, high: header.width + 1 }),
        ],
        [...service(header), to.mapped(SETS.ranges, 0, 0), to.destinationNat(number, 0)],
      ],
    },
    {
      name: 'postrouting',
      base: { type: 'nat', hook: 'postrouting', priority: SOURCE_NAT },
      rules: [
        [
          ...connectionHas('status', STATUS_DESTINATION_NAT),
          ...loopbackSource,
          ...place(header, 'destination', 'oifname', SETS.subnets),
          to.masquerade(),
        ],
        [
          ...connectionHas('status', STATUS_DESTINATION_NAT),
          ...place(header, 'source', 'oifname', SETS.subnets),
          to.masquerade(),
        ],
        [...place(header, 'source', 'iifname', SETS.masquerade), to.masquerade()],
      ],
    },
  ];
}

/** Where copies go: no packet is ever sent to it, the pair has no addresses to resolve. */
const NEXT_HOP = { ip: '169.254.255.254', ip6: 'fe80::1' } as const;

/** Routing is not to see the mark. */
function unmarkChain(names: FirewallNames): Chain {
  const isCopy = [to.meta('iifname', 0), to.compare('equal', 0, interfaceKey(names.entry))];
  return {
    name: 'unmark',
    base: { type: 'filter', hook: 'prerouting', priority: UNMARK },
    rules: [[...isCopy, to.constant(bits(0), 0), to.setMark(0)]],
  };
}

function guardChain(family: TableFamily, header: Header, { names, exitIndex, mark }: TableParts): Chain {
  return {
    name: 'guard',
    base: { type: 'filter', hook: 'input', priority: LAST },
    rules: [
      [
        ...connectionHas('state', STATE.new),
        ...notFrom('lo'),
        ...notFrom(names.entry),
        ...service(header),
        to.inSet(SETS.guarded, 0),
        ...to.destinationIsLocal(0),
        ...(family === 'ip6' ? [to.constant(bits(mark), 0), to.setMark(0)] : []),
        to.constant(addressKey(NEXT_HOP[family]), 0),
        to.constant(bits(exitIndex), header.width),
        to.duplicate(0, header.width),
        to.verdict('drop'),
      ],
    ],
  };
}

export interface TableParts {
  readonly names: FirewallNames;
  /** Index of the interface `names.exit`. */
  readonly exitIndex: number;
  /** What IPv6 copies are marked with on their way in. */
  readonly mark: number;
  /** Ports answer at ::1: possible where bridged packets do not pass the IP rules (net.bridge.bridge-nf-call-ip6tables). */
  readonly loopbackV6: boolean;
}

/** The chains of a table, those that others jump to included. */
export function chainsOf(family: TableFamily, parts: TableParts): Chain[] {
  const { names, loopbackV6 } = parts;
  const header = headerOf(family);
  return [
    rawChain(family, header),
    inputChain(header),
    ...forwardChains(family, header),
    ...natChains(family, header, names, loopbackV6),
    ...(family === 'ip6' ? [unmarkChain(names)] : []),
    guardChain(family, header, parts),
  ];
}

export function tableOf(family: TableFamily, names: FirewallNames): Table {
  return { family, name: names.table, comment: names.root };
}

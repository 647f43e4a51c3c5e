/** Which of the host's ports each wish gets. */
import { BerthError } from '#base/errors.ts';
import { canonicalAddress } from '#base/ip-address.ts';
import type { Endpoint, PortProtocol, PublishedRange } from '#network/model.ts';
import type { WishedPort } from './wished-ports.ts';

/** A wish with the addresses that its network publishes at. */
export interface PlacedWish extends WishedPort {
  /** One or both families; a port must be free at all of them. */
  readonly addresses: readonly string[];
}

/** Ports in use: who has them does not matter here. */
export type TakenRange = Pick<PublishedRange, 'protocol' | 'hostAddress' | 'hostPort' | 'count'>;

const isV6 = (address: string) => address.includes(':');

/** The address of a container that is reached from outside: that of its way out, when it is a bridge's. */
function wayIn(endpoints: readonly Endpoint[], family: 'v4' | 'v6'): Endpoint | undefined {
  const endpoint = endpoints.find(({ defaultGateway }) => defaultGateway[family]);
  return endpoint?.network.driver === 'bridge' ? endpoint : undefined;
}

/** Where a wish without an address is published: as the network says, else at every address of the families it has. */
function defaultAddresses(v4: Endpoint | undefined, v6: Endpoint | undefined, general: string): string[] {
  const said4 = v4?.network.bridge.hostBinding.v4 ?? '';
  // The default bridge says "everywhere" by itself.
  const own4 = said4 === '0.0.0.0' ? '' : said4;
  const own6 = (v6 ?? v4)?.network.bridge.hostBinding.v6 ?? '';
  const isSaid = own4 !== '' || own6 !== '';
  if (!isSaid && isV6(general)) return v6 === undefined ? [] : [general];
  const binding4 = isSaid ? own4 : general;
  const binding6 = own6;
  const everywhere = binding4 === '' || binding4 === '0.0.0.0';
  return [
    ...(v4 === undefined ? [] : [everywhere ? '0.0.0.0' : binding4]),
    // An address of one family leaves the other closed.
    ...(v6 === undefined || (!everywhere && binding6 === '') ? [] : [binding6 === '' ? '::' : binding6]),
  ];
}

/**
 * Finds the addresses for all wishes.
 *
 * @param general the root's own address for ports that name none; empty: everywhere
 * @returns nothing for containers that have no way in, whose wishes mean nothing (as in Docker)
 * @throws invalid for an address of a family that the container does not have
 */
export function placeWishes(
  wishes: readonly WishedPort[],
  endpoints: readonly Endpoint[],
  general: string,
): PlacedWish[] {
  const v4 = wayIn(endpoints, 'v4');
  const v6 = wayIn(endpoints, 'v6');
  if (v4 === undefined && v6 === undefined) return [];
  const everywhere = defaultAddresses(v4, v6, general);
  return wishes.map((wish) => {
    if (wish.hostIp === '') return { ...wish, addresses: everywhere };
    const address = canonicalAddress(wish.hostIp) ?? wish.hostIp;
    if ((isV6(address) ? v6 : v4) !== undefined) return { ...wish, addresses: [address] };
    const family = isV6(address) ? 'IPv6' : 'IPv4';
    throw new BerthError(
      'invalid',
      'container.port-family',
      `cannot publish port ${wish.containerPort}/${wish.protocol} at ${address}: the container has no ${family} address`,
      { hint: `connect it to a network with ${family}` },
    );
  });
}

function covers(a: string, b: string): boolean {
  if (isV6(a) !== isV6(b)) return false;
  return a === b || a === '0.0.0.0' || a === '::' || b === '0.0.0.0' || b === '::';
}

/** Whether two ranges have a port in common at an address that both are at. */
export function collides(a: TakenRange, b: TakenRange): boolean {
  return (
    a.protocol === b.protocol &&
    covers(a.hostAddress, b.hostAddress) &&
    a.hostPort < b.hostPort + b.count &&
    b.hostPort < a.hostPort + a.count
  );
}

/** @throws conflict, in Docker's words */
export function portTaken(address: string, port: number, hint?: string): BerthError {
  const at = isV6(address) ? `[${address}]:${port}` : `${address}:${port}`;
  return new BerthError('conflict', 'port.taken', `Bind for ${at} failed: port is already allocated`, {
    ...(hint === undefined ? {} : { hint }),
    details: { port },
  });
}

function single(wish: PlacedWish, address: string, hostPort: number): PublishedRange {
  const { protocol, containerPort } = wish;
  return { protocol, hostAddress: address, hostPort, containerPort, count: 1 };
}

/** Neighbouring ports that lead to neighbours become one range. */
export function joinRanges(ranges: readonly PublishedRange[]): PublishedRange[] {
  const sorted = [...ranges].sort(
    (a, b) =>
      (a.protocol < b.protocol ? -1 : Number(a.protocol > b.protocol)) ||
      (a.hostAddress < b.hostAddress ? -1 : Number(a.hostAddress > b.hostAddress)) ||
      a.hostPort - b.hostPort ||
      a.containerPort - b.containerPort,
  );
  const joined: PublishedRange[] = [];
  for (const range of sorted) {
    const last = joined.at(-1);
    const follows =
      last !== undefined &&
      last.protocol === range.protocol &&
      last.hostAddress === range.hostAddress &&
      last.hostPort + last.count === range.hostPort &&
      last.containerPort + last.count === range.containerPort;
    if (follows) joined[joined.length - 1] = { ...last, count: last.count + range.count };
    else joined.push(range);
  }
  return joined;
}

/** Two ports that want the same one outside. */
function checkAmongThemselves(ranges: readonly PublishedRange[]): void {
  let open: PublishedRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.hostPort - b.hostPort)) {
    open = open.filter(({ hostPort, count }) => hostPort + count > range.hostPort);
    if (open.some((other) => collides(range, other))) throw portTaken(range.hostAddress, range.hostPort);
    open.push(range);
  }
}

export interface Assignment {
  readonly ranges: readonly PublishedRange[];
  /** Chosen ports: another may be taken when a program turns out to have one of them. */
  readonly chosen: ReadonlySet<string>;
}

/** What stands for a port in {@link Assignment.chosen}. */
export function portKey(protocol: PortProtocol, port: number): string {
  return `${port}/${protocol}`;
}

/**
 * Gives every wish a port: those that name one get it, others the lowest free one.
 *
 * @param taken what containers have
 * @param excluded ports, as {@link portKey}s, not to choose: programs have them
 * @param ephemeral first and last of the ports for wishes that name none
 * @throws conflict, in Docker's words
 */
export function assignPorts(
  wishes: readonly PlacedWish[],
  taken: readonly TakenRange[],
  excluded: ReadonlySet<string>,
  ephemeral: readonly [first: number, last: number],
): Assignment {
  const named = wishes.filter(({ first, last }) => first !== 0 && first === last);
  const fixed = joinRanges(named.flatMap((wish) => wish.addresses.map((address) => single(wish, address, wish.first))));
  checkAmongThemselves(fixed);
  for (const range of fixed) {
    const other = taken.find((held) => collides(range, held));
    if (other !== undefined) throw portTaken(range.hostAddress, Math.max(range.hostPort, other.hostPort));
  }
  const busy: TakenRange[] = [...taken, ...fixed];
  const free: PublishedRange[] = [];
  const chosen = new Set<string>();
  // Equal wishes get ascending ports: the next search goes on where the last one ended.
  const cursors = new Map<string, number>();
  for (const wish of wishes.filter(({ first, last }) => first === 0 || first !== last)) {
    const [first, last] = wish.first === 0 ? ephemeral : [wish.first, wish.last];
    const kind = [wish.protocol, first, last, ...wish.addresses].join();
    const port = lowestFree(wish, cursors.get(kind) ?? first, last, busy, excluded);
    if (port === undefined) throw noneFree(wish, first);
    cursors.set(kind, port + 1);
    chosen.add(portKey(wish.protocol, port));
    const ranges = wish.addresses.map((address) => single(wish, address, port));
    free.push(...ranges);
    busy.push(...ranges);
  }
  return { ranges: joinRanges([...fixed, ...free]), chosen };
}

function noneFree(wish: PlacedWish, first: number): BerthError {
  if (wish.first !== 0) return portTaken(wish.addresses[0] ?? '', first, `none of ${wish.first}-${wish.last} is free`);
  return new BerthError('conflict', 'port.taken', 'all ports are allocated');
}

function lowestFree(
  wish: PlacedWish,
  first: number,
  last: number,
  busy: readonly TakenRange[],
  excluded: ReadonlySet<string>,
): number | undefined {
  const relevant = busy.filter(
    ({ protocol, hostAddress }) => protocol === wish.protocol && wish.addresses.some((own) => covers(own, hostAddress)),
  );
  for (let port = first; port <= last; ) {
    const holder = relevant.find(({ hostPort, count }) => port >= hostPort && port < hostPort + count);
    if (holder !== undefined) port = holder.hostPort + holder.count;
    else if (excluded.has(portKey(wish.protocol, port))) port++;
    else return port;
  }
  return undefined;
}

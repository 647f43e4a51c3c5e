/** Ports that a container gets when it starts, and gives back when it ends. */
import { BerthError, isBerthError } from '#base/errors.ts';
import { firewallNames } from '#network/firewall/firewall-names.ts';
import { addressKey } from '#network/firewall/key.ts';
import { commonPorts, foreignRanges, otherTables, rootOfTable } from '#network/firewall/other-tables.ts';
import type { Endpoint, PublishedRange } from '#network/model.ts';
import { ephemeralPorts, heldPorts, socketHolder, tryPort } from '#sys/port-holders.ts';
import type { EngineContext } from '../context.ts';
import type { ContainerRow } from '../state/container-row.ts';
import type { PortRow } from '../state/port-table.ts';
import { currentBoot, isProcessAlive } from '../state/process-token.ts';
import { type Assignment, assignPorts, type PlacedWish, placeWishes, portKey, portTaken } from './assign-ports.ts';
import { readPortSettings } from './port-settings.ts';
import { wishedPorts } from './wished-ports.ts';

type PortContext = Pick<EngineContext, 'root' | 'sql' | 'containers' | 'ports'>;

/** Rows say "running" until somebody notices that the keeper was killed. */
function isUp(context: PortContext, containerId: string): boolean {
  const row = context.containers.get(containerId);
  if (row === undefined) return false;
  if (row.status === 'starting') return true;
  if (row.status !== 'running' && row.status !== 'paused') return false;
  return row.bootId === currentBoot() && isProcessAlive(row.keeperPid, row.keeperStart);
}

/** A program has the port. @throws conflict, in Docker's words */
function heldByProgram(range: PublishedRange, port: number, inode: string): BerthError {
  const holder = socketHolder(inode);
  const at = range.hostAddress.includes(':') ? `[${range.hostAddress}]:${port}` : `${range.hostAddress}:${port}`;
  return new BerthError(
    'conflict',
    'port.in-use',
    `failed to bind host port ${at}/${range.protocol}: address already in use`,
    {
      hint: holder === undefined ? 'a program has it open' : `${holder.name} (process ${holder.pid}) has it open`,
      details: { port, ...(holder === undefined ? {} : { pid: holder.pid }) },
    },
  );
}

/**
 * The first port of a range that a program has.
 *
 * @throws invalid for an address that is not the host's
 */
async function findHeld(range: PublishedRange): Promise<{ readonly port: number; readonly inode: string } | undefined> {
  const { protocol, hostAddress, hostPort, count } = range;
  if (protocol === 'sctp') return undefined;
  for (const held of heldPorts(protocol, addressKey(hostAddress), hostPort, count)) {
    if ((await tryPort(protocol, hostAddress, held.port)) === 'EADDRINUSE') return held;
  }
  return undefined;
}

/**
 * Ports of other roots on this machine.
 *
 * @param chosen ports for which others would do
 * @returns those of them that are taken, as {@link portKey}s
 * @throws conflict for one that was asked for
 */
async function heldByOtherRoots(
  root: string,
  ranges: readonly PublishedRange[],
  chosen: ReadonlySet<string>,
): Promise<string[]> {
  const tables = otherTables(firewallNames(root));
  if (tables.length === 0) return [];
  const taken: string[] = [];
  const foreign = await foreignRanges(tables);
  for (const range of ranges) {
    for (const other of foreign) {
      const common = commonPorts(range, other);
      for (let i = 0; i < (common?.count ?? 0); i++) {
        const port = common!.first + i;
        const key = portKey(range.protocol, port);
        if (chosen.has(key)) taken.push(key);
        else {
          const holder = await rootOfTable(other.table);
          throw portTaken(range.hostAddress, port, `a container of the root ${holder} has it published`);
        }
      }
    }
  }
  return taken;
}

/** An address that is nobody's is refused as docker's bind(2) is. */
async function checkAddresses(ranges: readonly PublishedRange[]): Promise<void> {
  const own = ranges.filter(({ hostAddress }) => hostAddress !== '0.0.0.0' && hostAddress !== '::');
  for (const address of new Set(own.map(({ hostAddress }) => hostAddress))) {
    if ((await tryPort('udp', address, 0)) !== 'EADDRNOTAVAIL') continue;
    const { hostPort, protocol } = own.find(({ hostAddress }) => hostAddress === address)!;
    const at = address.includes(':') ? `[${address}]` : address;
    throw new BerthError(
      'invalid',
      'port.address',
      `failed to bind host port ${at}:${hostPort}/${protocol}: cannot assign requested address`,
      { hint: `the host has no address ${address}` },
    );
  }
}

/** Names the container whose port was asked for. */
function nameHolder(context: PortContext, error: unknown, taken: readonly PortRow[]): unknown {
  if (!(error instanceof BerthError) || error.code !== 'port.taken' || error.hint !== undefined) return error;
  const port = Number(error.details['port']);
  const holder = taken.find(({ hostPort, count }) => port >= hostPort && port < hostPort + count);
  const name = holder === undefined ? undefined : context.containers.get(holder.containerId)?.name;
  if (name === undefined) return error;
  return new BerthError(error.kind, error.code, error.message, {
    hint: `the container ${name} has it published`,
    details: error.details,
  });
}

/** Assigns and writes down, at once for all processes. */
function take(
  context: PortContext,
  id: string,
  { wishes, kept, isLive }: LeaseParts,
  excluded: ReadonlySet<string>,
  ephemeral: readonly [number, number],
) {
  return context.sql.transaction(() => {
    context.ports.release(id);
    for (const range of kept) context.ports.insert(id, range, true);
    const active = context.ports.active();
    try {
      return assign(context, id, isLive, assignPorts(wishes, active, excluded, ephemeral));
    } catch (error) {
      // Who is up takes a look at processes: only when somebody seems to be in the way.
      const alive = active.filter(({ containerId }) => isUp(context, containerId));
      if (alive.length === active.length) throw nameHolder(context, error, active);
      try {
        return assign(context, id, isLive, assignPorts(wishes, alive, excluded, ephemeral));
      } catch (again) {
        throw nameHolder(context, again, alive);
      }
    }
  });
}

function assign(context: PortContext, id: string, isLive: boolean, assignment: Assignment): Assignment {
  for (const range of assignment.ranges) context.ports.insert(id, range, isLive);
  return assignment;
}

/**
 * Finds the host's ports for a container that starts and writes them down. They count while the row is `starting`, `running` or
 * `paused`; ports of a container that does not run are free.
 *
 * @returns ranges that lead one to one into the container; none without a way in
 * @throws conflict, in Docker's words, for ports that a container or a program has
 */
export async function leasePorts(
  context: PortContext,
  row: Pick<ContainerRow, 'id' | 'name' | 'hostConfig' | 'spec'>,
  endpoints: readonly Endpoint[],
): Promise<readonly PublishedRange[]> {
  const wishes = placeWishes(
    wishedPorts(row.hostConfig, row.spec.config.ExposedPorts),
    endpoints,
    readPortSettings(context.root).publishAddress,
  );
  context.ports.release(row.id);
  return leaseWishes(context, row, endpoints, { wishes, kept: [], isLive: false });
}

/** What a start would publish, whoever has the ports now. Nothing is written down. */
export function previewPorts(
  context: Pick<PortContext, 'root'>,
  row: Pick<ContainerRow, 'hostConfig' | 'spec'>,
  endpoints: readonly Endpoint[],
): readonly PublishedRange[] {
  const { publishAddress } = readPortSettings(context.root);
  const wishes = placeWishes(wishedPorts(row.hostConfig, row.spec.config.ExposedPorts), endpoints, publishAddress);
  return assignPorts(wishes, [], new Set(), ephemeralPorts()).ranges;
}

/** What a container shall have: what it keeps, and what it wants besides. */
export interface LeaseParts {
  readonly wishes: readonly PlacedWish[];
  readonly kept: readonly PublishedRange[];
  /** The container runs already. */
  readonly isLive: boolean;
}

/**
 * The same for a container that has ports: of those it keeps some, and gets others. When it cannot get them it keeps all that it had.
 *
 * @returns the new ones
 */
export async function leaseWishes(
  context: PortContext,
  row: Pick<ContainerRow, 'id' | 'name'>,
  endpoints: readonly Endpoint[],
  parts: LeaseParts,
): Promise<readonly PublishedRange[]> {
  const before = context.ports.of(row.id);
  const excluded = new Set<string>();
  const ephemeral = ephemeralPorts();
  try {
    for (;;) {
      const { ranges, chosen } = take(context, row.id, parts, excluded, ephemeral);
      await checkAddresses(ranges);
      const before = excluded.size;
      for (const port of await heldByOtherRoots(context.root, ranges, chosen)) excluded.add(port);
      for (const range of ranges) {
        const held = await findHeld(range);
        if (held === undefined) continue;
        const key = portKey(range.protocol, held.port);
        if (!chosen.has(key)) throw heldByProgram(range, held.port, held.inode);
        excluded.add(key);
      }
      if (excluded.size === before) return ranges;
    }
  } catch (error) {
    context.sql.transaction(() => {
      context.ports.release(row.id);
      for (const range of before) context.ports.insert(row.id, range, true);
    });
    throw inDockersWords(error, row.name, endpoints);
  }
}

function inDockersWords(error: unknown, name: string, endpoints: readonly Endpoint[]): unknown {
  if (!isBerthError(error)) return error;
  const { code, message, hint, details } = error;
  // Docker answers 500 when a port is somebody else's.
  const isTaken = error.kind === 'conflict';
  const kind = isTaken ? 'internal' : error.kind;
  const id = (endpoints.find(({ defaultGateway }) => defaultGateway.v4) ?? endpoints[0])?.id ?? '';
  const prefix = `failed to set up container networking: driver failed programming external connectivity on endpoint ${name} (${id})`;
  // Clients of the API see the message alone: it names the holder.
  if (isTaken)
    return new BerthError(kind, code, `${prefix}: ${message}${hint === undefined ? '' : ` (${hint})`}`, { details });
  return new BerthError(kind, code, `${prefix}: ${message}`, { ...(hint === undefined ? {} : { hint }), details });
}

/** Ports that are published, or not any more, while a container runs. */
import { BerthError, isBerthError } from '#base/errors.ts';
import type { Publication } from '#network/firewall/elements.ts';
import { replacePublications } from '#network/firewall/firewall.ts';
import { firewallNames } from '#network/firewall/firewall-names.ts';
import type { Endpoint, PublishedRange } from '#network/model.ts';
import { forgetOutdatedFlows } from '#network/ports/forget-flows.ts';
import { publicationsOf } from '#network/ports/port-ops.ts';
import type { PortBinding, PortMap } from '#spec/docker-api/containers.ts';
import { serveNames } from '#sys/keeper/attach.ts';
import { type EngineContext, pathsOf } from '../context.ts';
import { currentEndpoints } from '../networks/endpoints.ts';
import { restoreFirewall } from '../networks/restore-firewall.ts';
import type { ContainerRow } from '../state/container-row.ts';
import { joinRanges, placeWishes } from './assign-ports.ts';
import { openPolicy } from './firewall-option.ts';
import { leaseWishes } from './lease-ports.ts';
import { noteCleanup } from './note-cleanup.ts';
import { readPortSettings } from './port-settings.ts';
import { parseContainerPort, type WishedPort, wishedPorts } from './wished-ports.ts';

/** What `update` says about ports. */
export interface PortChange {
  readonly add: PortMap;
  /** Bindings without a host port mean all of that container port. */
  readonly remove: PortMap;
}

function invalid(message: string): BerthError {
  return new BerthError('invalid', 'container.port', message);
}

function isSame(binding: PortBinding, wanted: PortBinding): boolean {
  const ip = wanted.HostIp ?? '';
  return (
    (wanted.HostPort === '' || binding.HostPort === wanted.HostPort) && (ip === '' || (binding.HostIp ?? '') === ip)
  );
}

const keyOf = (key: string) => {
  const { protocol, port } = parseContainerPort(key);
  return `${port}/${protocol}`;
};

/**
 * The bindings of a container after a change.
 *
 * @throws invalid for ports that cannot be
 */
export function changedBindings(bindings: PortMap, { add, remove }: PortChange): PortMap {
  const result = new Map(Object.entries(bindings).map(([key, list]) => [key, [...(list ?? [])]]));
  for (const [name, list] of Object.entries(remove)) {
    const key = keyOf(name);
    const wanted = list ?? [{ HostIp: '', HostPort: '' }];
    const left = (result.get(key) ?? []).filter((binding) => !wanted.some((each) => isSame(binding, each)));
    if (left.length > 0) result.set(key, left);
    else result.delete(key);
  }
  for (const [name, list] of Object.entries(add)) {
    const key = keyOf(name);
    result.set(key, [...(result.get(key) ?? []), ...(list ?? [{ HostIp: '', HostPort: '' }])]);
  }
  return Object.fromEntries(result);
}

/** One port of a range, as the range that it is. */
function* portsOf(range: PublishedRange): Generator<PublishedRange> {
  for (let i = 0; i < range.count; i++) {
    yield { ...range, hostPort: range.hostPort + i, containerPort: range.containerPort + i, count: 1 };
  }
}

/** What is left of ranges without some of their ports; those that lose none stay as they are. */
export function withoutPorts(ranges: readonly PublishedRange[], remove: PortMap): PublishedRange[] {
  const wanted = new Map(
    Object.entries(remove).map(([key, list]) => [keyOf(key), list ?? [{ HostIp: '', HostPort: '' }]]),
  );
  const isRemoved = (port: PublishedRange) =>
    (wanted.get(`${port.containerPort}/${port.protocol}`) ?? []).some((each) =>
      isSame({ HostIp: port.hostAddress, HostPort: String(port.hostPort) }, each),
    );
  return ranges.flatMap((range) => {
    const left = [...portsOf(range)].filter((port) => !isRemoved(port));
    return left.length === range.count ? [range] : joinRanges(left);
  });
}

function wishesToAdd(add: PortMap): WishedPort[] {
  return wishedPorts({ PortBindings: add, PublishAllPorts: false }, undefined);
}

/**
 * Checks a change of ports and carries it out on a container that runs. Call with the container's lock held.
 *
 * @returns `PortBindings` as they are to be kept
 * @throws invalid, conflict
 */
export async function changePorts(context: EngineContext, row: ContainerRow, change: PortChange): Promise<PortMap> {
  const mode = row.hostConfig.NetworkMode;
  if (mode === 'host' || mode.startsWith('container:')) {
    throw invalid(`ports of a container with the network mode ${mode} are not published by it`);
  }
  const added = wishesToAdd(change.add);
  const bindings = changedBindings(row.hostConfig.PortBindings, change);
  if (row.status === 'running' || row.status === 'paused') await changeLive(context, row, added, change.remove);
  return bindings;
}

function publicationsFor(
  context: EngineContext,
  endpoints: readonly Endpoint[],
  ranges: readonly PublishedRange[],
): Publication[] {
  return publicationsOf(endpoints, ranges, openPolicy(context.root));
}

async function changeLive(
  context: EngineContext,
  row: ContainerRow,
  added: readonly WishedPort[],
  remove: PortMap,
): Promise<void> {
  const endpoints = currentEndpoints(context, row.id);
  const wishes = placeWishes(added, endpoints, readPortSettings(context.root).publishAddress);
  if (wishes.length < added.length) {
    throw invalid('the container is in no network whose ports can be published');
  }
  const before = context.ports.of(row.id);
  const kept = withoutPorts(before, remove);
  const isSameRange = (a: PublishedRange) => (b: PublishedRange) => JSON.stringify(a) === JSON.stringify(b);
  const fresh = await leaseWishes(context, row, endpoints, { wishes, kept, isLive: true });
  const gone = before.filter((range) => !kept.some(isSameRange(range)));
  const pieces = kept.filter((range) => !before.some(isSameRange(range)));
  const note = (ranges: readonly PublishedRange[]) =>
    noteCleanup(context.root, row.id, publicationsFor(context, endpoints, ranges));
  try {
    note([...before, ...pieces, ...fresh]);
    const isDone = await replacePublications(
      firewallNames(context.root),
      publicationsFor(context, endpoints, gone),
      publicationsFor(context, endpoints, [...pieces, ...fresh]),
      endpoints.filter(({ network }) => network.driver === 'bridge').map((endpoint) => endpoint.hostInterfaceName),
    );
    if (!isDone) await restoreFirewall(context);
    note([...kept, ...fresh]);
    await forgetOutdatedFlows(publicationsFor(context, endpoints, fresh));
    // From now on somebody has to watch that its rules stay.
    if (fresh.length > 0) await serveNames(pathsOf(context.root, row.id).runDirectory);
  } catch (error) {
    if (!isBerthError(error)) throw error;
    note(before);
    context.sql.transaction(() => {
      context.ports.release(row.id);
      for (const range of before) context.ports.insert(row.id, range, true);
    });
    throw error;
  }
}

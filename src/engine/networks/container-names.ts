/** How a container is found by its name, and finds others: its record for the resolver, its /etc files, who answers. */
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { shortId } from '#base/ids.ts';
import { rootName } from '#network/device-names.ts';
import type { HostsLine } from '#network/names/hosts-file.ts';
import { type NamesPart, type NamesStart, nameOps, namesDirectory } from '#network/names/name-ops.ts';
import { type NameMembership, type NameRecord, nameRecordText } from '#network/names/name-record.ts';
import { isLoopback, setsNdots } from '#network/names/resolv-conf.ts';
import { resolverCommand } from '#network/names/resolver-command.ts';
import { serveNames } from '#sys/keeper/attach.ts';
import { exitEnvironment } from '../containers/container-plan.ts';
import { ALONE, dnsWishesOf, type EtcNetwork, readHostResolvConf, writeNetworkFiles } from '../containers/etc-files.ts';
import { type EngineContext, pathsOf } from '../context.ts';
import type { ContainerRow } from '../state/container-row.ts';
import type { EndpointLease, EndpointRow, NetworkRow } from '../state/network-row.ts';
import { currentBoot } from '../state/process-token.ts';
import { networkOfEndpoint } from './find-network.ts';
import { parseLink } from './links.ts';
import { isPredefined } from './predefined.ts';

type NamesContext = Pick<EngineContext, 'root' | 'sql' | 'containers' | 'networks' | 'endpoints' | 'options'>;

/** A network that a running container is in. */
interface Joined {
  readonly network: NetworkRow;
  readonly place: EndpointRow;
  readonly lease: EndpointLease;
}

function joinedBy(context: NamesContext, containerId: string): Joined[] {
  return context.endpoints.of(containerId).flatMap((place) => {
    const network = place.lease === null ? undefined : networkOfEndpoint(context, place);
    return network?.device == null || place.lease === null ? [] : [{ network, place, lease: place.lease }];
  });
}

function addressesOf({ lease }: Joined): string[] {
  return [lease.ipv4, lease.ipv6].filter((address) => address !== undefined);
}

/** True where names resolve: networks that users made. */
function resolves({ name }: NetworkRow): boolean {
  return !isPredefined(name);
}

/**
 * The names under which a container is known in a network (`DNSNames` of inspect): its own first, then aliases, short id, host name.
 */
export function dnsNamesOf(row: ContainerRow, place: Pick<EndpointRow, 'wish'>): string[] {
  const { Hostname } = row.spec.config;
  return [...new Set([row.name, ...(place.wish.said?.Aliases ?? []), shortId(row.id), Hostname])].filter(
    (name) => name !== '',
  );
}

/** A linked container by what the user called it. */
function linked(context: NamesContext, target: string): ContainerRow | undefined {
  const id = context.containers.idOfName(target);
  if (id !== undefined) return context.containers.get(id);
  try {
    return context.containers.get(context.containers.resolve(target));
  } catch {
    return undefined; // removed since: then it has no address either
  }
}

/** Links in a network that a user made: names that only this container has for others. */
function linksIn(context: NamesContext, row: ContainerRow, { network, place }: Joined): Record<string, string> {
  const main = row.hostConfig.NetworkMode === place.network || row.hostConfig.NetworkMode === network.id;
  const all = [...(place.wish.said?.Links ?? []), ...(main ? (row.hostConfig.Links ?? []) : [])];
  return Object.fromEntries(
    all.map(parseLink).map(({ target, alias }) => [alias, linked(context, target)?.name ?? target]),
  );
}

/** Links on the default bridge: lines of /etc/hosts, as Docker writes them. */
function legacyLinks(context: NamesContext, row: ContainerRow): HostsLine[] {
  if (row.hostConfig.NetworkMode !== 'bridge') return [];
  return (row.hostConfig.Links ?? []).map(parseLink).flatMap(({ target, alias }) => {
    const other = linked(context, target);
    const place =
      other === undefined ? [] : joinedBy(context, other.id).filter(({ network }) => network.name === 'bridge');
    const address = place[0]?.lease.ipv4;
    if (other === undefined || address === undefined) return [];
    const names = [alias, other.spec.config.Hostname, ...(alias === other.name ? [] : [other.name])];
    return [{ address, names: names.filter((name) => name !== '').join(' ') }];
  });
}

/** Addresses of the host as the container reaches it: the gateways of its default routes, else any that it has. */
function hostAddressesOf(joined: readonly Joined[]): string[] {
  return ([4, 6] as const).flatMap((family) => {
    const byPreference = [...joined].sort((a, b) => Number(leadsOut(b, family)) - Number(leadsOut(a, family)));
    const gateways = byPreference.flatMap(({ network, lease }) =>
      (family === 4 ? lease.ipv4 : lease.ipv6) === undefined || network.device?.driver !== 'bridge'
        ? []
        : network.device.pools.flatMap((pool) => (pool.family === family ? (pool.gateway ?? []) : [])),
    );
    return gateways.slice(0, 1);
  });
}

function leadsOut({ lease }: Joined, family: 4 | 6): boolean {
  return family === 4 ? lease.defaultGateway.v4 : lease.defaultGateway.v6;
}

function membershipOf(context: NamesContext, row: ContainerRow, joined: Joined): NameMembership {
  const { network, place } = joined;
  return {
    networkId: network.id,
    networkName: network.name,
    resolves: resolves(network),
    internal: network.spec.internal,
    addresses: addressesOf(joined),
    names: resolves(network) ? dnsNamesOf(row, place) : [],
    links: resolves(network) ? linksIn(context, row, joined) : {},
  };
}

function recordOf(context: NamesContext, row: ContainerRow, joined: readonly Joined[]): NameRecord {
  const wishes = dnsWishesOf(row.hostConfig);
  return {
    containerId: row.id,
    bootId: currentBoot(),
    servers: wishes.servers.map((address) => ({ address, inside: isLoopback(address) })),
    ndots: setsNdots(readHostResolvConf(), wishes),
    hostAddresses: hostAddressesOf(joined),
    memberships: joined.map((one) => membershipOf(context, row, one)),
  };
}

function etcNetworkOf(context: NamesContext, row: ContainerRow, joined: readonly Joined[], named: boolean): EtcNetwork {
  if (joined.length === 0 && !named) return ALONE;
  return {
    kind: named ? 'names' : 'bridge',
    addresses: joined.flatMap(addressesOf),
    hostAddresses: hostAddressesOf(joined),
    links: legacyLinks(context, row),
  };
}

/**
 * What a start needs for names, once its addresses are leased: writes /etc/hosts and /etc/resolv.conf, and gives the ops.
 * Call for containers with networks of their own only.
 *
 * @param guard whether somebody must watch the rules of its networks
 */
export function prepareNames(context: NamesContext, row: ContainerRow, guard: NamesStart['guard']): NamesPart {
  const joined = joinedBy(context, row.id);
  const named = joined.some(({ network }) => resolves(network));
  const { directory } = pathsOf(context.root, row.id);
  writeNetworkFiles(directory, row.spec.config, row.hostConfig, etcNetworkOf(context, row, joined, named));
  if (guard !== 'none') makeDirectory(context.root);
  return nameOps({
    root: context.root,
    containerId: row.id,
    guard,
    ...(named ? { record: recordOf(context, row, joined) } : {}),
    resolver: {
      argv: resolverCommand({
        root: context.root,
        bootId: currentBoot(),
        table: rootName(context.root),
        restore: context.options.restoreCommand ?? [],
      }),
      env: exitEnvironment(),
    },
  });
}

/** For the resolver, which listens there: readable for it, who is nobody, whatever the umask of this process is. */
function makeDirectory(root: string): string {
  const directory = namesDirectory(root);
  if (mkdirSync(directory, { recursive: true }) !== undefined) chmodSync(directory, 0o755);
  return directory;
}

/** For the resolver, which is nobody: whatever the umask of this process is. */
function writeRecord(root: string, record: NameRecord): void {
  const directory = makeDirectory(root);
  const temporary = `${directory}/.new-${record.containerId}`;
  writeFileSync(temporary, nameRecordText(record));
  chmodSync(temporary, 0o644);
  renameSync(temporary, `${directory}/${record.containerId}`);
}

/**
 * Brings names and /etc files of a running container up to date after it joined or left a network, or after it or one that it
 * links to changed. A container that joins its first network with names has got the rules for them by then (`redirectOp`).
 */
export async function refreshNames(context: NamesContext, containerId: string): Promise<void> {
  const row = context.containers.get(containerId);
  if (row === undefined) return;
  const joined = joinedBy(context, row.id);
  const file = `${namesDirectory(context.root)}/${row.id}`;
  // Once it asks the resolver it goes on doing so, also when it leaves the last network with names.
  const named = existsSync(file) || joined.some(({ network }) => resolves(network));
  const { directory, runDirectory } = pathsOf(context.root, row.id);
  writeNetworkFiles(directory, row.spec.config, row.hostConfig, etcNetworkOf(context, row, joined, named), true);
  if (!named) return;
  writeRecord(context.root, recordOf(context, row, joined));
  await serveNames(runDirectory);
}

/** Running containers on the default bridge that link to one, and must know its new address. */
export function linkersTo(context: NamesContext, row: ContainerRow): string[] {
  const candidates = context.sql.all(
    `SELECT id FROM containers WHERE status IN ('running', 'paused') AND host_config LIKE '%"Links":["%'`,
  );
  return candidates.flatMap((raw) => {
    const other = context.containers.get(raw['id'] as string);
    const links = other?.hostConfig.Links ?? [];
    const linksHere = links.map(parseLink).some(({ target }) => linked(context, target)?.id === row.id);
    return other !== undefined && linksHere ? [other.id] : [];
  });
}

/** Takes away what a killed keeper left of a container's names. */
export function forgetNames(root: string, containerId: string): void {
  rmSync(`${namesDirectory(root)}/${containerId}`, { force: true });
}

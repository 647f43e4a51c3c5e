import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { isErrno } from '#base/errors.ts';
import { type HostsFile, type HostsLine, hostsText, updatedHosts } from '#network/names/hosts-file.ts';
import {
  bridgeResolvConf,
  type DnsWishes,
  hostResolvConf,
  isOnlyStub,
  parseResolvConf,
  RESOLVED_SERVERS,
  type ResolvConf,
  resolverResolvConf,
} from '#network/names/resolv-conf.ts';
import type { ContainerConfig, HostConfig } from '#spec/docker-api/containers.ts';
import type { EtcFiles } from './oci-mounts.ts';

/** What a container's /etc files depend on besides its configuration. */
export interface EtcNetwork {
  /** `names`: a network where names resolve is among the container's; `bridge`: others only. */
  readonly kind: 'none' | 'host' | 'bridge' | 'names';
  /** The container's own. */
  readonly addresses: readonly string[];
  /** What `host-gateway` stands for. */
  readonly hostAddresses: readonly string[];
  readonly links: readonly HostsLine[];
}

/**
 * Without a network the container's name is a loopback name, as a program that looks itself up expects, and the host can not be
 * reached at all.
 */
export const ALONE: EtcNetwork = { kind: 'none', addresses: ['127.0.0.1'], hostAddresses: ['127.0.0.1'], links: [] };

/** Where a container's own /etc files are, below its directory. */
export function etcFilesOf(directory: string): EtcFiles {
  return {
    hostname: `${directory}/hostname`,
    hosts: `${directory}/hosts`,
    resolvConf: `${directory}/resolv.conf`,
  };
}

/** Every user of the container may read them, whatever the umask of this process is. */
function writeReadable(path: string, text: string): void {
  writeFileSync(path, text);
  chmodSync(path, 0o644);
}

function readOr(path: string, fallback: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return fallback;
    throw error;
  }
}

/** The host's resolv.conf as containers are to see it: that of systemd-resolved instead of one that only names its stub. */
export function readHostResolvConf(): ResolvConf {
  const host = parseResolvConf(readOr('/etc/resolv.conf', ''));
  return isOnlyStub(host) ? parseResolvConf(readOr(RESOLVED_SERVERS, readOr('/etc/resolv.conf', ''))) : host;
}

/** What the user said about name servers. */
export function dnsWishesOf(host: HostConfig): DnsWishes {
  return { servers: host.Dns, search: host.DnsSearch, options: host.DnsOptions };
}

function resolvConfText(host: HostConfig, network: EtcNetwork): string {
  const wishes = dnsWishesOf(host);
  switch (network.kind) {
    case 'host':
      return hostResolvConf(parseResolvConf(readOr('/etc/resolv.conf', '')), wishes);
    case 'names':
      return resolverResolvConf(readHostResolvConf(), wishes);
    default:
      return bridgeResolvConf(
        readHostResolvConf(),
        wishes,
        network.addresses.some((address) => address.includes(':')),
      );
  }
}

/**
 * Writes `hosts` and `resolv.conf`, in place: they are mounted into the container one by one.
 *
 * @param running what a running container has written into its `hosts` stays
 */
export function writeNetworkFiles(
  directory: string,
  config: ContainerConfig,
  host: HostConfig,
  network: EtcNetwork,
  running = false,
): void {
  const files = etcFilesOf(directory);
  const hosts: HostsFile = {
    hostname: config.Hostname,
    domainname: config.Domainname,
    extraHosts: host.ExtraHosts ?? [],
    hostAddresses: network.hostAddresses,
    links: network.links,
    addresses: network.addresses,
    ...(network.kind === 'host' ? { hostText: readOr('/etc/hosts', '') } : {}),
  };
  writeReadable(files.hosts, running ? updatedHosts(hosts, readOr(files.hosts, '')) : hostsText(hosts));
  writeReadable(files.resolvConf, resolvConfText(host, network));
}

/** Writes what a new container's /etc files are already sure to be; where addresses come with the start, so do `hosts` and `resolv.conf`. */
export function writeEtcFiles(directory: string, config: ContainerConfig, host: HostConfig): EtcFiles {
  const files = etcFilesOf(directory);
  writeReadable(files.hostname, `${config.Hostname}\n`);
  if (host.NetworkMode === 'host') writeNetworkFiles(directory, config, host, { ...ALONE, kind: 'host' });
  if (host.NetworkMode === 'none') writeNetworkFiles(directory, config, host, ALONE);
  return files;
}

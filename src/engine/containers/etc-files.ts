import { readFileSync, writeFileSync } from 'node:fs';
import { isErrno } from '#base/errors.ts';
import type { ContainerConfig, HostConfig } from '#spec/docker-api/containers.ts';
import type { EtcFiles } from './oci-mounts.ts';

/** Where a container's own /etc files are, below its directory. */
export function etcFilesOf(directory: string): EtcFiles {
  return {
    hostname: `${directory}/hostname`,
    hosts: `${directory}/hosts`,
    resolvConf: `${directory}/resolv.conf`,
  };
}

const LOCAL_HOSTS = [
  '127.0.0.1\tlocalhost',
  '::1\tlocalhost ip6-localhost ip6-loopback',
  'fe00::\tip6-localnet',
  'ff00::\tip6-mcastprefix',
  'ff02::1\tip6-allnodes',
  'ff02::2\tip6-allrouters',
];

/**
 * The text of /etc/hosts.
 *
 * @param hostText the host's own file for a container in the host's network, else undefined
 */
export function hostsText(config: ContainerConfig, host: HostConfig, hostText: string | undefined): string {
  const extra = (host.ExtraHosts ?? []).map((entry) => {
    const separator = entry.includes('=') ? entry.indexOf('=') : entry.indexOf(':');
    const address = entry.slice(separator + 1).replace(/^\[(.*)\]$/, '$1');
    return `${address === 'host-gateway' ? '127.0.0.1' : address}\t${entry.slice(0, separator)}`;
  });
  if (hostText !== undefined) return [hostText.trimEnd(), ...extra, ''].join('\n');
  const names =
    config.Domainname === '' ? config.Hostname : `${config.Hostname}.${config.Domainname} ${config.Hostname}`;
  // Without a network the container's name is a loopback name, as a program that looks itself up expects.
  return [...LOCAL_HOSTS, ...extra, ...(config.Hostname === '' ? [] : [`127.0.0.1\t${names}`]), ''].join('\n');
}

/** The text of /etc/resolv.conf: the host's, with whatever `--dns*` says in place of its lines. */
export function resolvConfText(host: HostConfig, hostText: string): string {
  const lines = hostText.split('\n').filter((line) => line.trim() !== '');
  const keep = (word: string, own: readonly string[]) =>
    own.length > 0 ? [] : lines.filter((line) => line.trim().startsWith(`${word} `));
  const search = host.DnsSearch.filter((domain) => domain !== '.');
  return [
    ...keep('nameserver', host.Dns),
    ...host.Dns.map((address) => `nameserver ${address}`),
    ...keep('search', host.DnsSearch),
    ...(search.length > 0 ? [`search ${search.join(' ')}`] : []),
    ...keep('options', host.DnsOptions),
    ...(host.DnsOptions.length > 0 ? [`options ${host.DnsOptions.join(' ')}`] : []),
    '',
  ].join('\n');
}

function readOr(path: string, fallback: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return fallback;
    throw error;
  }
}

/** Writes the three files into a container's directory. */
export function writeEtcFiles(directory: string, config: ContainerConfig, host: HostConfig): EtcFiles {
  const files = etcFilesOf(directory);
  const inHostNetwork = host.NetworkMode === 'host';
  writeFileSync(files.hostname, `${config.Hostname}\n`);
  writeFileSync(files.hosts, hostsText(config, host, inHostNetwork ? readOr('/etc/hosts', '') : undefined));
  writeFileSync(files.resolvConf, resolvConfText(host, readOr('/etc/resolv.conf', '')));
  return files;
}

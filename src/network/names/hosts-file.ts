/** The text of a container's /etc/hosts. */

const LOCAL_HOSTS = [
  '127.0.0.1\tlocalhost',
  '::1\tlocalhost ip6-localhost ip6-loopback',
  'fe00::\tip6-localnet',
  'ff00::\tip6-mcastprefix',
  'ff02::1\tip6-allnodes',
  'ff02::2\tip6-allrouters',
];

export interface HostsLine {
  readonly address: string;
  /** Separated by blanks, the full name first. */
  readonly names: string;
}

export interface HostsFile {
  readonly hostname: string;
  readonly domainname: string;
  /** `NAME:ADDRESS` or `NAME=ADDRESS` each; the address `host-gateway` is the host's. */
  readonly extraHosts: readonly string[];
  /** What `host-gateway` stands for; empty: it is refused. */
  readonly hostAddresses: readonly string[];
  /** Other containers that only this one has names for (`--link`). */
  readonly links: readonly HostsLine[];
  /** The container's own addresses. */
  readonly addresses: readonly string[];
  /** The host's own file for a container in the host's network. */
  readonly hostText?: string;
}

/** Name and address of one `--add-host`. */
function extraLines(entry: string, hostAddresses: readonly string[]): string[] {
  const separator = entry.includes('=') ? entry.indexOf('=') : entry.indexOf(':');
  const name = entry.slice(0, separator);
  const address = entry.slice(separator + 1).replace(/^\[(.*)\]$/, '$1');
  return (address === 'host-gateway' ? hostAddresses : [address]).map((each) => `${each}\t${name}`);
}

/** `host.domain host`; a host name that is a full name itself is split in the same way. */
function ownNames({ hostname, domainname }: HostsFile): string {
  const full = domainname === '' ? hostname : `${hostname}.${domainname}`;
  const dot = full.indexOf('.');
  return dot > 0 ? `${full} ${full.slice(0, dot)}` : full;
}

/** The whole text, as Docker writes it: local names, extra hosts, links, the container itself. */
export function hostsText(file: HostsFile): string {
  const extra = [
    ...file.extraHosts.flatMap((entry) => extraLines(entry, file.hostAddresses)),
    ...file.links.map(({ address, names }) => `${address}\t${names}`),
  ];
  if (file.hostText !== undefined) return [file.hostText.trimEnd(), ...extra, ''].join('\n');
  const names = ownNames(file);
  const own = names === '' ? [] : file.addresses.map((address) => `${address}\t${names}`);
  return [...LOCAL_HOSTS, ...extra, ...own, ''].join('\n');
}

/**
 * The text for a file that a running container may have changed: its own lines are kept, those of Berth's that are out of date
 * are not.
 *
 * @param current what is in the file
 */
export function updatedHosts(file: HostsFile, current: string): string {
  const next = hostsText(file);
  const known = new Set(next.split('\n'));
  const changing = new Set([ownNames(file), ...file.links.map(({ names }) => names)]);
  const foreign = current.split('\n').filter((line) => {
    const names = line.slice(line.indexOf('\t') + 1);
    return !known.has(line) && !(line.includes('\t') && changing.has(names));
  });
  return foreign.length === 0 ? next : `${next}${foreign.join('\n')}\n`;
}

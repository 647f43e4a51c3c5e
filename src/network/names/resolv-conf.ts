/** The text of a container's /etc/resolv.conf, by Docker's rules (its package resolvconf). */
import { parseAddress } from '#base/ip-address.ts';
import { NAME_SERVER } from './name-ops.ts';

/** What is in a resolv.conf(5). */
export interface ResolvConf {
  readonly servers: readonly string[];
  readonly search: readonly string[];
  readonly options: readonly string[];
  /** Lines that are none of these. */
  readonly other: readonly string[];
}

/** Options of `--dns`, `--dns-search`, `--dns-option`. */
export interface DnsWishes {
  readonly servers: readonly string[];
  readonly search: readonly string[];
  readonly options: readonly string[];
}

/** Used on the default bridge when the host names no server that a container can reach, as Docker does. */
const PUBLIC_SERVERS = { v4: ['8.8.8.8', '8.8.4.4'], v6: ['2001:4860:4860::8888', '2001:4860:4860::8844'] };

/** Where systemd-resolved keeps the servers that it asks itself, when /etc/resolv.conf only names its own stub. */
export const RESOLVED_SERVERS = '/run/systemd/resolve/resolv.conf';
const RESOLVED_STUB = '127.0.0.53';

/** @param text with `%interface` or without */
function familyOf(text: string): 4 | 6 | undefined {
  return parseAddress(text.replace(/%.*$/, ''))?.family;
}

function isServer(text: string): boolean {
  return familyOf(text) !== undefined;
}

export function parseResolvConf(text: string): ResolvConf {
  const servers: string[] = [];
  let search: string[] = [];
  const options: string[] = [];
  const other: string[] = [];
  for (const line of text.split('\n')) {
    if (line.trim() === '' || /^[#;]/.test(line)) continue;
    const [word = '', ...values] = line.trim().split(/\s+/);
    if (word === 'nameserver') servers.push(...values.slice(0, 1).filter(isServer));
    else if (word === 'search' || word === 'domain') search = values.length > 0 ? values : search;
    else if (word === 'options') options.push(...values);
    else other.push(line);
  }
  return { servers, search, options, other };
}

/** True when the host's only server is systemd-resolved's stub, which containers can not reach. */
export function isOnlyStub(conf: ResolvConf): boolean {
  return conf.servers.length > 0 && conf.servers.every((server) => server === RESOLVED_STUB);
}

function withWishes(host: ResolvConf, wishes: DnsWishes): ResolvConf {
  return {
    servers: wishes.servers.length > 0 ? wishes.servers : host.servers,
    search: wishes.search.length > 0 ? wishes.search.filter((domain) => domain !== '.') : host.search,
    options: wishes.options.length > 0 ? wishes.options : host.options,
    other: host.other,
  };
}

function textOf({ servers, search, options, other }: ResolvConf): string {
  return [
    ...servers.map((server) => `nameserver ${server}`),
    ...(search.length > 0 ? [`search ${search.join(' ')}`] : []),
    ...(options.length > 0 ? [`options ${options.join(' ')}`] : []),
    ...other,
    '',
  ].join('\n');
}

/** In the host's network: the host's own, but for what the user said. */
export function hostResolvConf(host: ResolvConf, wishes: DnsWishes): string {
  return textOf(withWishes(host, wishes));
}

/** True for a server on the loopback device of whoever asks it. */
export function isLoopback(server: string): boolean {
  return server.startsWith('127.') || server === '::1';
}

/**
 * On the default bridge: servers of the host that are reached from a container.
 *
 * @param ipv6 whether the container has an IPv6 address
 */
export function bridgeResolvConf(host: ResolvConf, wishes: DnsWishes, ipv6: boolean): string {
  const conf = withWishes(host, wishes);
  if (wishes.servers.length > 0) return textOf(conf);
  const reachable = conf.servers.filter((server) => !isLoopback(server) && (ipv6 || familyOf(server) === 4));
  const fallback = [...PUBLIC_SERVERS.v4, ...(ipv6 ? PUBLIC_SERVERS.v6 : [])];
  return textOf({ ...conf, servers: reachable.length > 0 ? reachable : fallback });
}

/** The value of the last `ndots`, if it is a number. */
function ndotsOf(options: readonly string[]): number | undefined {
  const value = options.findLast((option) => /^ndots:\d+$/.test(option))?.slice('ndots:'.length);
  return value === undefined ? undefined : Number(value);
}

/** On user-defined networks: the resolver, which asks the servers of {@link serversOf}. */
export function resolverResolvConf(host: ResolvConf, wishes: DnsWishes): string {
  const conf = withWishes(host, wishes);
  const options = conf.options.filter((option) => !/^ndots(:|$)/.test(option) || /^ndots:\d+$/.test(option));
  return textOf({
    ...conf,
    servers: [NAME_SERVER],
    options: ndotsOf(options) === undefined ? [...options, 'ndots:0'] : options,
  });
}

/** True when user or host set `ndots` above 0: then names of one label are completed by the client before they are asked elsewhere. */
export function setsNdots(host: ResolvConf, wishes: DnsWishes): boolean {
  return (ndotsOf(withWishes(host, wishes).options) ?? 0) > 0;
}

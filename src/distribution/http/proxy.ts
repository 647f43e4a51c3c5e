import { BlockList, isIP } from 'node:net';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy for a URL as Go's programs find it (`net/http.ProxyFromEnvironment`): `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` in
 * either case; never for this machine itself.
 *
 * @returns the proxy's URL, undefined to go there directly
 */
export function proxyFor(url: URL, env: Environment): string | undefined {
  const read = (name: string) => env[name] || env[name.toLowerCase()] || undefined;
  const proxy = url.protocol === 'https:' ? read('HTTPS_PROXY') : read('HTTP_PROXY');
  if (proxy === undefined || isLoopbackHost(url.hostname) || isExcepted(url, read('NO_PROXY') ?? '')) return undefined;
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

/** Whether a host name or address (IPv6 with or without brackets) means this machine. */
export function isLoopbackHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function isExcepted(url: URL, list: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return list
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '')
    .some((entry) => matches(entry, host, port));
}

function matches(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  if (entry.includes('/')) return isInRange(entry, host);
  const [, name = entry, wantedPort] = /^(.*[^:]):(\d+)$/.exec(entry) ?? [];
  if (wantedPort !== undefined && wantedPort !== port) return false;
  const plain = name.replace(/^\[|\]$/g, '');
  if (isIP(plain) !== 0) return plain === host;
  const domain = plain.replace(/^\*?\./, '');
  return host.endsWith(`.${domain}`) || (host === domain && !/^\*?\./.test(plain));
}

/** Whether an address lies in a range `ADDRESS/BITS`; false for what is no address or no range. */
export function isInRange(range: string, host: string): boolean {
  const family = isIP(host);
  const [address = '', bits = ''] = range.split('/');
  if (family === 0 || isIP(address) !== family || !/^\d+$/.test(bits)) return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  if (Number(bits) > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(address, Number(bits), type);
  return list.check(host, type);
}

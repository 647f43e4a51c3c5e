import { readFileSync } from 'node:fs';
import { isErrno } from '#base/errors.ts';

/**
 * IPv4 prefixes in all routing tables, from the text of /proc/net/fib_trie: leaves `|-- ADDRESS`, each followed by lines
 * `/LENGTH SCOPE TYPE`. The default route is left out: it says nothing about who uses an address.
 */
export function parseFibTrie(text: string): string[] {
  const prefixes = new Set<string>();
  let leaf = '';
  for (const line of text.split('\n')) {
    const trimmed = line.trim();
    if (trimmed.startsWith('|-- ')) leaf = trimmed.slice('|-- '.length);
    else if (trimmed.startsWith('/') && leaf !== '') {
      const length = trimmed.slice(1).split(' ', 1)[0]!;
      if (length !== '0') prefixes.add(`${leaf}/${length}`);
    }
  }
  return [...prefixes];
}

/** IPv6 prefixes from the text of /proc/net/ipv6_route: address and length in hexadecimal. Defaults are left out. */
export function parseIpv6Routes(text: string): string[] {
  const prefixes = new Set<string>();
  for (const line of text.split('\n')) {
    const match = /^([0-9a-f]{32}) ([0-9a-f]{2}) /.exec(line);
    if (match === null || match[2] === '00') continue;
    const groups = match[1]!.match(/.{4}/g)!;
    prefixes.add(`${groups.join(':')}/${Number.parseInt(match[2]!, 16)}`);
  }
  return [...prefixes];
}

/** Addresses of name servers from the text of a resolv.conf. */
export function parseNameServers(text: string): string[] {
  return [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map((match) => match[1]!.replace(/%.*$/, ''));
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    // A kernel without IPv6 has no such file.
    if (isErrno(error, 'ENOENT')) return '';
    throw error;
  }
}

/**
 * What this network namespace reaches by other routes than the default one, and its name servers: prefixes that a new network
 * must not take.
 */
export function usedPrefixes(): string[] {
  return [
    ...parseFibTrie(readOrNothing('/proc/net/fib_trie')),
    ...parseIpv6Routes(readOrNothing('/proc/net/ipv6_route')),
    ...parseNameServers(readOrNothing('/etc/resolv.conf')).map((address) =>
      address.includes(':') ? `${address}/128` : `${address}/32`,
    ),
  ];
}

/** Names of the interfaces in this network namespace, with what kind of device each is as far as the kernel tells. */
export function hasInterface(name: string): boolean {
  try {
    readFileSync(`/proc/sys/net/ipv4/conf/${name}/forwarding`);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}

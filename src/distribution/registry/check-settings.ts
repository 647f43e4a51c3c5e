/** What administrators say of registries, checked as Docker checks it. */
import { isIP } from 'node:net';
import { BerthError } from '#base/errors.ts';

/**
 * Checks the URL of a mirror of Docker's registry.
 *
 * @returns it with a slash at its end, as Docker keeps it
 * @throws invalid in Docker's words
 */
export function checkMirror(text: string): string {
  const bad = (why: string) => new BerthError('invalid', 'registry.mirror', `invalid mirror: ${why}`);
  if (!URL.canParse(text)) throw bad(`${JSON.stringify(text)} is not a valid URI`);
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw bad(`unsupported scheme ${JSON.stringify(url.protocol.slice(0, -1))} in ${JSON.stringify(text)}`);
  if (url.search !== '' || url.hash !== '') throw bad(`query or fragment at end of the URI ${JSON.stringify(text)}`);
  if (url.username !== '' || url.password !== '') {
    url.password = 'xxxxx';
    throw bad(`username/password not allowed in URI ${JSON.stringify(url.href)}`);
  }
  return url.href.endsWith('/') ? url.href : `${url.href}/`;
}

/**
 * Checks an entry of the registries that need no TLS: a host with or without a port, or a range of addresses.
 *
 * @throws invalid in Docker's words
 */
export function checkInsecure(text: string): string {
  const entry = text.replace(/^https?:\/\//i, '');
  const bad = (why: string) =>
    new BerthError('invalid', 'registry.insecure', `insecure registry ${entry} is not valid: ${why}`);
  if (entry.startsWith('-') || entry.endsWith('-')) throw bad('Cannot begin or end with a hyphen.');
  if (entry.includes('/') ? !isRange(entry) : !/^(\[[0-9a-fA-F:]+\]|[\w.-]+)(:\d+)?$/.test(entry))
    throw bad(`invalid host ${JSON.stringify(entry)}`);
  return entry;
}

function isRange(text: string): boolean {
  const [address = '', bits = ''] = text.split('/');
  const family = isIP(address);
  return family !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
}

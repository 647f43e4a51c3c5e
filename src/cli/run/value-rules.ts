/** What single values of the flags of `run` and `create` must look like. Each returns the value as it is sent. */
import { cut } from '#base/cut.ts';
import type { Ulimit } from '#spec/docker-api/containers.ts';
import { goQuote } from '../flag-error.ts';
import { readValue } from '../flag-values.ts';
import { normalIpAddress } from './ip-address.ts';

export function attachStream(value: string): string {
  const stream = value.toLowerCase();
  if (!['stdin', 'stdout', 'stderr'].includes(stream)) throw new Error('valid streams are STDIN, STDOUT and STDERR');
  return stream;
}

/** A name alone takes the value of the environment, where there is one. */
export function environmentEntry(value: string, env: Readonly<Record<string, string | undefined>>): string {
  const [name, given] = cut(value, '=');
  if (name === '') throw new Error(`invalid environment variable: ${value}`);
  const found = given === undefined ? env[name] : undefined;
  return found === undefined ? value : `${name}=${found}`;
}

export function label(value: string): string {
  const name = cut(value, '=')[0].replace(/^[ \t]+/, '');
  if (name === '') throw new Error(`invalid label '${value}': empty name`);
  if (/[ \t]/.test(name)) throw new Error(`label '${value.split('=')[0]}' contains whitespaces`);
  return value;
}

export function deviceCgroupRule(value: string): string {
  if (!/^[acb] (\d+|\*):(\d+|\*) [rwm]{1,3}$/.test(value)) throw new Error(`invalid device cgroup format '${value}'`);
  return value;
}

/** `host:address` or `host=address`; sent with a colon and without brackets. */
export function extraHost(value: string): string {
  const [name, address] = value.includes('=') ? cut(value, '=') : cut(value, ':');
  if (address === undefined || name === '' || name.includes(':'))
    throw new Error(`bad format for add-host: ${goQuote(value)}`);
  if (address === 'host-gateway') return `${name}:${address}`;
  const bare = /^\[(.+)\]$/.exec(address)?.[1] ?? address;
  if (normalIpAddress(bare) === undefined) throw new Error(`invalid IP address in add-host: ${goQuote(bare)}`);
  return `${name}:${bare}`;
}

export function ipAddress(value: string): string {
  const normal = normalIpAddress(value);
  if (normal === undefined) throw new Error(`IP address is not correctly formatted: ${value}`);
  return normal;
}

const DOMAIN =
  /^((?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*)\.?\s*$/;

export function searchDomain(value: string): string {
  const bare = value.replace(/^ +| +$/g, '');
  if (bare === '.') return bare;
  const domain = /[a-zA-Z]/.test(bare) ? DOMAIN.exec(bare)?.[1] : undefined;
  if (domain === undefined || domain.length >= 255) throw new Error(`${bare} is not a valid domain`);
  return domain;
}

export function link(value: string): string {
  if (value === '') throw new Error('empty string specified for links');
  if (value.split(':').length > 2) throw new Error(`bad format for links: ${value}`);
  return value;
}

const KERNEL_SETTINGS = new Set(
  ['msgmax', 'msgmnb', 'msgmni', 'sem', 'shmall', 'shmmax', 'shmmni', 'shm_rmid_forced'].map(
    (name) => `kernel.${name}`,
  ),
);

export function sysctl(value: string): string {
  const [name, setting] = cut(value, '=');
  const isAllowed = KERNEL_SETTINGS.has(name) || name.startsWith('net.') || name.startsWith('fs.mqueue.');
  if (setting === undefined || !isAllowed) throw new Error(`sysctl '${value}' is not allowed`);
  return value;
}

const ULIMITS: ReadonlySet<string> = new Set(
  'core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack'.split(' '),
);

/** A decimal number with a sign, as Go's `ParseInt` of base 10. */
function readLimit(text: string): number {
  const plain = text.replace(/^([+-]?)0+(?=\d)/, '$1');
  if (!/^[+-]?\d+$/.test(plain)) throw new Error(`strconv.ParseInt: parsing ${goQuote(text)}: invalid syntax`);
  return readValue('int', plain);
}

/** `nofile=1024:2048`, `core=0`. */
export function ulimit(value: string): Ulimit {
  const [name, limits] = cut(value, '=');
  if (limits === undefined) throw new Error(`invalid ulimit argument: ${value}`);
  if (!ULIMITS.has(name)) throw new Error(`invalid ulimit type: ${name}`);
  const parts = limits.split(':');
  if (parts.length > 2)
    throw new Error(`too many limit value arguments - ${limits}, can only have up to two, \`soft[:hard]\``);
  const hard = parts[1] === undefined ? undefined : readLimit(parts[1]);
  const soft = readLimit(parts[0] ?? '');
  if (hard !== undefined && hard !== -1 && (soft === -1 || soft > hard)) {
    const detail = soft === -1 ? `soft: -1 (unlimited), hard: ${hard}` : `${soft} > ${hard}`;
    throw new Error(`ulimit soft limit must be less than or equal to hard limit: ${detail}`);
  }
  return { Name: name, Soft: soft, Hard: hard ?? soft };
}

import { lookup } from 'node:dns/promises';
import { existsSync } from 'node:fs';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { BerthError, messageOf } from '#base/errors.ts';
import type { LogForward } from '#sys/keeper/plan.ts';

/** Names and numbers of RFC 5424, 6.2.1, as Docker knows them. */
const FACILITIES = [
  ...['kern', 'user', 'mail', 'daemon', 'auth', 'syslog', 'lpr', 'news', 'uucp', 'cron', 'authpriv', 'ftp'],
  ...['', '', '', ''],
  ...['local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7'],
];
const DAEMON = FACILITIES.indexOf('daemon');
const SEVERITY_ERROR = 3;
const SEVERITY_INFO = 6;
const DEFAULT_PORT = 514;
const LOCAL_SOCKETS = ['/dev/log', '/var/run/syslog', '/var/run/log'];
const FORMATS = ['', 'rfc3164', 'rfc5424', 'rfc5424micro'];

type Target =
  | { readonly kind: 'local' }
  | { readonly kind: 'unix-datagram' | 'unix-stream'; readonly path: string }
  | { readonly kind: 'udp' | 'tcp'; readonly host: string; readonly port: number };

/** What the options of the driver syslog say. */
export interface SyslogOptions {
  readonly target: Target;
  readonly facility: number;
  readonly format: 'local' | 'remote' | 'rfc3164' | 'rfc5424';
}

function invalid(message: string): BerthError {
  return new BerthError('invalid', 'log-opt.syslog', message);
}

function parseFacility(text: string): number {
  if (text === '') return DAEMON;
  const found = FACILITIES.indexOf(text);
  if (found >= 0) return found;
  if (/^\d+$/.test(text) && Number(text) < FACILITIES.length) return Number(text);
  throw invalid('invalid syslog facility');
}

function parseTarget(text: string): Target {
  if (text === '') return { kind: 'local' };
  const [, scheme = '', rest = ''] = /^([a-z+]+):\/\/(.*)$/s.exec(text) ?? [];
  switch (scheme) {
    case 'unix':
    case 'unixgram':
      if (!rest.startsWith('/')) throw invalid(`syslog-address ${text} names no absolute path`);
      return { kind: scheme === 'unix' ? 'unix-stream' : 'unix-datagram', path: rest };
    case 'udp':
    case 'tcp':
      return { kind: scheme, ...parseHost(text, rest) };
    case 'tcp+tls':
      throw new BerthError('unsupported', 'log-opt.syslog', 'syslog over TLS is not supported: use udp, tcp or unix');
    default:
      throw invalid(`syslog-address should be in form proto://address, got ${text}`);
  }
}

function parseHost(text: string, rest: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:/]+))(?::(\d{1,5}))?$/.exec(rest);
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined ? DEFAULT_PORT : Number(match[3]);
  if (host === undefined || port < 1 || port > 65_535) throw invalid(`invalid syslog-address ${text}`);
  return { host, port };
}

/** @throws invalid for what means nothing; unsupported for TLS */
export function parseSyslog(options: Readonly<Record<string, string>>): SyslogOptions {
  const tls = Object.keys(options).find((name) => name.startsWith('syslog-tls-'));
  const target = parseTarget(options['syslog-address'] ?? '');
  if (tls !== undefined) throw invalid(`log opt '${tls}' needs a syslog-address of tcp+tls://`);
  const format = options['syslog-format'] ?? '';
  if (!FORMATS.includes(format)) throw invalid('Invalid syslog format');
  const isLocal = !('host' in target);
  const named = format.startsWith('rfc5424') ? 'rfc5424' : 'rfc3164';
  return {
    target,
    facility: parseFacility(options['syslog-facility'] ?? ''),
    format: format === '' ? (isLocal ? 'local' : 'remote') : named,
  };
}

/** What stands before the time and between the time and the text, as Docker's formatters write it. */
function around(format: SyslogOptions['format'], priority: number, tag: string): [string, string] {
  const name = `${tag}[${process.pid}]`;
  switch (format) {
    case 'local':
      return [`<${priority}>`, ` ${name}: `];
    case 'remote':
      return [`<${priority}> `, ` ${hostname()} ${name}: `];
    case 'rfc3164':
      return [`<${priority}>`, ` ${hostname()} ${name}: `];
    case 'rfc5424':
      return [`<${priority}>1 `, ` ${hostname()} ${tag} ${process.pid} ${tag} - `];
  }
}

async function resolveTarget(target: Target): Promise<LogForward['to']> {
  if (target.kind === 'local') {
    const path = LOCAL_SOCKETS.find((candidate) => existsSync(candidate));
    if (path !== undefined) return { kind: 'unix-datagram', path };
    throw new BerthError(
      'unavailable',
      'log.syslog',
      'failed to initialize logging driver: Unix syslog delivery error',
      {
        hint: `none of ${LOCAL_SOCKETS.join(', ')} exists: is a syslog daemon running?`,
      },
    );
  }
  if (!('host' in target)) return target;
  const { kind, host, port } = target;
  if (isIP(host) !== 0) return { kind, address: host, port };
  try {
    return { kind, address: (await lookup(host)).address, port };
  } catch (cause) {
    const message = `failed to initialize logging driver: syslog at ${host}: ${messageOf(cause)}`;
    throw new BerthError('unavailable', 'log.syslog', message, { cause });
  }
}

/**
 * Where the messages of a container with the driver syslog go, and in which form.
 *
 * @throws unavailable when there is no syslog to write to
 */
export async function syslogForward(options: SyslogOptions, tag: string): Promise<Omit<LogForward, 'bufferBytes'>> {
  const severities = [SEVERITY_INFO, SEVERITY_ERROR] as const;
  const pieces = severities.map((severity) => around(options.format, options.facility * 8 + severity, tag));
  const to = await resolveTarget(options.target);
  const isStream = to.kind === 'unix-stream' || to.kind === 'tcp';
  const counted = options.format === 'rfc5424' && to.kind === 'tcp';
  const tail = Buffer.from(isStream && !counted ? '\n' : '');
  return {
    to,
    heads: [Buffer.from(pieces[0]![0]), Buffer.from(pieces[1]![0])],
    time: options.format === 'local' || options.format === 'rfc3164' ? 'rfc3164' : 'rfc3339',
    middle: Buffer.from(pieces[0]![1]),
    tail,
    partTail: tail,
    counted,
  };
}

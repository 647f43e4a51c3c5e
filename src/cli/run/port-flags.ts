/** The values of `--publish` and `--expose`. */
import { cut } from '#base/cut.ts';
import type { PortBinding, PortMap, StringSet } from '#spec/docker-api/containers.ts';
import { goQuote } from '../flag-error.ts';
import { normalIpAddress } from './ip-address.ts';

interface Range {
  readonly start: number;
  readonly end: number;
}

function readPort(text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`strconv.ParseUint: parsing ${goQuote(text)}: invalid syntax`);
  const port = Number(text);
  if (port > 65535) throw new Error(`strconv.ParseUint: parsing ${goQuote(text)}: value out of range`);
  return port;
}

/** `80` or `80-90`. @throws Error in docker's words */
function readRange(text: string): Range {
  if (text === '') throw new Error('empty string specified for ports');
  const [first, rest] = cut(text, '-');
  if (rest === undefined) return { start: readPort(text), end: readPort(text) };
  const start = readPort(first);
  const end = readPort(rest.split('-')[0] ?? '');
  if (end < start) throw new Error(`invalid range specified for port: ${text}`);
  return { start, end };
}

function splitProtocol(text: string): { readonly protocol: string; readonly ports: string } {
  const [ports = '', protocol] = text.split('/');
  if (ports === '') return { protocol: '', ports: '' };
  return { protocol: protocol || 'tcp', ports };
}

/** `published=8080,target=80,protocol=udp` becomes `8080:80/udp`. */
function toShortForm(text: string): string {
  if (!text.includes('=')) return text;
  const fields: Record<string, string> = { protocol: 'tcp', published: '', target: '' };
  for (const field of text.split(',')) {
    const [key, value] = cut(field, '=');
    if (value === undefined || key === '')
      throw new Error(`invalid publish opts format (should be name=value but got '${field}')`);
    fields[key] = value;
  }
  return `${fields['published']}:${fields['target']}/${fields['protocol']}`;
}

function splitAddress(spec: string): { readonly ip: string; readonly host: string; readonly container: string } {
  const parts = spec.split(':');
  const container = parts.at(-1) ?? '';
  const host = parts.at(-2) ?? '';
  return { ip: parts.slice(0, -2).join(':'), host, container };
}

function checkAddress(ip: string): string {
  if (ip === '') return '';
  const bracketed = /^\[(.*)\]$/.exec(ip)?.[1];
  if (ip.startsWith('[') && bracketed === undefined)
    throw new Error(`invalid IP address ${ip}: address ${ip}:: missing ']' in address`);
  const bare = bracketed ?? ip;
  if (bare !== bare.trim() || normalIpAddress(bare) === undefined) throw new Error(`invalid IP address: ${bare}`);
  return bare;
}

function orComplain(read: () => Range, complaint: string): Range {
  try {
    return read();
  } catch {
    throw new Error(complaint);
  }
}

function* bindingsOf(spec: string): Generator<readonly [port: string, binding: PortBinding]> {
  const { ip: rawIp, host, container: withProtocol } = splitAddress(spec);
  const { protocol, ports } = splitProtocol(withProtocol);
  const ip = checkAddress(rawIp);
  if (ports === '') throw new Error(`no port specified: ${spec}<empty>`);
  const inside = orComplain(() => readRange(ports), `invalid containerPort: ${ports}`);
  const outside = host === '' ? undefined : orComplain(() => readRange(host), `invalid hostPort: ${host}`);
  const isSingle = inside.start === inside.end;
  if (outside !== undefined && !isSingle && inside.end - inside.start !== outside.end - outside.start)
    throw new Error(`invalid ranges specified for container and host Ports: ${ports} and ${host}`);
  const lower = protocol.toLowerCase();
  if (!['tcp', 'udp', 'sctp'].includes(lower)) throw new Error(`invalid proto: ${protocol}`);
  for (let port = inside.start; port <= inside.end; port++) {
    let hostPort = outside === undefined ? '' : String(outside.start + port - inside.start);
    if (outside !== undefined && isSingle && outside.start !== outside.end) hostPort = `${hostPort}-${outside.end}`;
    yield [`${port}/${lower}`, { HostIp: ip, HostPort: hostPort }];
  }
}

/**
 * @param publish values of `--publish`
 * @param expose values of `--expose`
 * @throws Error in docker's words
 */
export function parsePortFlags(
  publish: readonly string[],
  expose: readonly string[],
): { readonly exposed: StringSet; readonly bindings: PortMap } {
  const exposed: Record<string, Record<string, never>> = {};
  const bindings: Record<string, PortBinding[]> = {};
  for (const spec of publish.map(toShortForm))
    for (const [port, binding] of bindingsOf(spec)) {
      exposed[port] = {};
      bindings[port] = [...(bindings[port] ?? []), binding];
    }
  for (const spec of expose) {
    if (spec.includes(':')) throw new Error(`invalid port format for --expose: ${spec}`);
    const { protocol, ports } = splitProtocol(spec);
    let range: Range;
    try {
      range = readRange(ports);
    } catch (error) {
      throw new Error(`invalid range format for --expose: ${spec}, error: ${(error as Error).message}`);
    }
    for (let port = range.start; port <= range.end; port++) exposed[`${port}/${protocol}`] ??= {};
  }
  return { exposed, bindings };
}

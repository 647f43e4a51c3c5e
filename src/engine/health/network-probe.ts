import { isIPv4, isIPv6 } from 'node:net';
import { BerthError } from '#base/errors.ts';

/** A health check that needs no program in the image: Berth connects from inside the container's network. */
export interface NetworkProbe {
  readonly protocol: 'tcp' | 'http';
  /** An address: names are not looked up. */
  readonly host: string;
  readonly port: number;
  /** http: the request to send. */
  readonly request?: string;
}

function invalid(message: string): BerthError {
  return new BerthError('invalid', 'health.probe', message);
}

/** `localhost` is the container itself. */
function addressOf(host: string, probe: string): string {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  if (bare === '' || bare === 'localhost') return '127.0.0.1';
  if (isIPv4(bare) || isIPv6(bare)) return bare;
  throw invalid(`health check ${probe}: ${bare} is not an address; use localhost, or a command for anything else`);
}

function portOf(text: string, probe: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw invalid(`health check ${probe}: ${text === '' ? 'it names no port' : `${text} is not a port`}`);
}

function parseTcp(text: string): NetworkProbe {
  const colon = text.lastIndexOf(':');
  const host = addressOf(text.slice(0, Math.max(colon, 0)), text);
  return { protocol: 'tcp', host, port: portOf(text.slice(colon + 1), text) };
}

function parseHttp(text: string): NetworkProbe {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw invalid(`health check ${text}: not a URL`);
  if (url.protocol !== 'http:') throw invalid(`health check ${text}: only http: is asked; use a command for others`);
  if (url.username !== '' || url.password !== '') throw invalid(`health check ${text}: credentials are not sent`);
  const host = addressOf(url.hostname, text);
  const request = `GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nUser-Agent: berth-health\r\nAccept: */*\r\nConnection: close\r\n\r\n`;
  return { protocol: 'http', host, port: url.port === '' ? 80 : Number(url.port), request };
}

/**
 * Reads the test of a health check over the network: `["HTTP", URL]` or `["TCP", "[HOST:]PORT"]`, Berth's own kinds beside Docker's.
 *
 * @throws invalid with what is wrong with it
 */
export function parseNetworkProbe(kind: 'HTTP' | 'TCP', words: readonly string[]): NetworkProbe {
  const [text, ...rest] = words;
  if (text === undefined || rest.length > 0) throw invalid(`a health check of type ${kind} takes exactly one word`);
  return kind === 'HTTP' ? parseHttp(text) : parseTcp(text);
}

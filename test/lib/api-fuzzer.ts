/** Requests that no client would send, made from the API's description: malformed in any place, or broken off. */
import { connect } from 'node:net';
import type { OpenApi, Parameter } from './openapi.ts';
import type { Random } from './random.ts';

/** What came back: a status, or nothing because the request broke itself off or was no HTTP. */
export interface Outcome {
  readonly sent: string;
  readonly status: number | undefined;
  readonly body: string;
}

const REFS = [
  'fuzz-a',
  'fuzz-b',
  'fuzz-c',
  'nope',
  '%00',
  '..',
  '%2e%2e%2f',
  '%ff%fe',
  'a'.repeat(4000),
  '%F0%9F%90%B3',
  '-',
];
const TEXTS = [
  '',
  '0',
  '1',
  'true',
  '-1',
  '1e99',
  '99999999999999999999',
  'null',
  '{}',
  '[]',
  '{"label":["a"]}',
  '{"x":{"y":true}}',
  '{"until":["x"]}',
  '\u0000',
  'é',
  'a=b',
  '/',
  '../..',
  'x'.repeat(2000),
  'KILL',
  'json-file',
  'none',
  'busybox',
];
const TYPES = ['application/json', 'text/plain', 'application/x-tar', '', 'application/json; charset=utf-8', 'garbage'];
/** Would end the daemon's use for the test: it waits for ever, or leaves what the fixture does not know of. */
const LEFT_OUT = /^(POST \/session|POST \/build|GET \/containers\/\{id\}\/attach\/ws)$/;

function leafOf(random: Random, type: string, name: string): unknown {
  if (random.chance(0.15)) return random.pick([null, [], {}, '', 0, -1, true, 'x', 1.5, 2 ** 53]);
  if (name === 'Cmd' || name === 'Entrypoint') return 'true';
  if (name === 'Image') return random.pick(['busybox:latest', 'nope', 'BAD NAME', '']);
  switch (type) {
    case 'integer':
      return random.pick([0, 1, -1, 6 << 20, 2 ** 31, 2 ** 63]);
    case 'boolean':
      return random.chance(0.5);
    case 'string':
      return random.pick(TEXTS);
    default:
      return {};
  }
}

/** Keeps a random part of an object's fields: whole ones are refused for their first wrong field. */
function thin(random: Random, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => thin(random, item));
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(() => random.chance(0.2));
  return Object.fromEntries(kept.map(([name, inner]) => [name, thin(random, inner)]));
}

function bodyOf(random: Random, openApi: OpenApi, parameters: readonly Parameter[]): string | undefined {
  const schema = parameters.find((parameter) => parameter.in === 'body')?.schema;
  if (schema === undefined) return random.chance(0.1) ? random.pick(TEXTS) : undefined;
  const sample = thin(
    random,
    openApi.sample(schema, (type, name) => leafOf(random, type, name)),
  );
  const isObject = typeof sample === 'object' && sample !== null;
  const isContainer = isObject && ('Image' in sample || random.chance(0.3));
  const value = isContainer ? { Image: 'busybox:latest', Cmd: ['true'], ...sample } : sample;
  const json = JSON.stringify(value);
  if (random.chance(0.1)) return json.slice(0, random.below(json.length));
  if (random.chance(0.05))
    return random.pick(['[', '{"a":', 'null', '3', '"x"', '[[[[', `${'['.repeat(5000)}`, '\u0000']);
  return json;
}

function queryOf(random: Random, parameters: readonly Parameter[]): string {
  const chosen = parameters.filter((parameter) => parameter.in === 'query' && random.chance(0.5));
  const pairs = chosen.map(({ name }) => {
    // What follows a log or waits for an event does not end by itself.
    const value = ['follow', 'stream'].includes(name) ? '0' : random.pick(TEXTS);
    return `${name}=${random.chance(0.9) ? encodeURIComponent(value) : '%zz'}`;
  });
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

const RAW = [
  'GET / HTTP/9.9\r\n\r\n',
  'GARBAGE\r\n\r\n',
  'GET /info HTTP/1.1\r\n\r\n',
  'GET /info HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n',
  'POST /containers/create HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
  'POST /containers/create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{',
  'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n',
  `GET /info HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(300_000)}\r\n\r\n`,
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET http://x/info HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  'POST /exec/nope/start HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 2\r\n\r\n{}more',
  'GET /containers/fuzz-a/attach/ws?stream=1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
];

/** One request as bytes; `breakOff`: the client goes away without waiting for the answer. */
export function nextRequest(random: Random, openApi: OpenApi): { readonly bytes: string; readonly breakOff: boolean } {
  if (random.chance(0.08)) return { bytes: random.pick(RAW), breakOff: random.chance(0.5) };
  const operations = openApi.operations().filter(({ method, path }) => !LEFT_OUT.test(`${method} ${path}`));
  const { method, path, parameters } = random.pick(operations);
  const target = path.replace(/\{\w+\}/g, () => random.pick(REFS));
  const version = random.pick(['', '', '/v1.50', '/v1.24', '/v1.41', '/v9.9', '/v1.', '/v0.0']);
  const isTail = path === '/events' || path.endsWith('/wait') || path.endsWith('/attach');
  const head = [
    `${random.chance(0.97) ? method : 'PATCH'} ${version}${target}${queryOf(random, parameters)} HTTP/1.1`,
    'Host: x',
  ];
  const body = bodyOf(random, openApi, parameters);
  if (body !== undefined) {
    head.push(`Content-Length: ${Buffer.byteLength(body)}`);
    head.push(`Content-Type: ${random.chance(0.85) ? 'application/json' : random.pick(TYPES)}`);
  }
  const upgrades = random.chance(0.1);
  head.push(upgrades ? 'Connection: Upgrade\r\nUpgrade: tcp' : 'Connection: close');
  const bytes = `${head.join('\r\n')}\r\n\r\n${body ?? ''}`;
  return { bytes, breakOff: isTail || upgrades || random.chance(0.1) };
}

/** How long a client waits for the answer to a request that should have one. */
const PATIENCE_MS = 60_000;

/** Sends one request and reads the answer to its end, or breaks off. @throws when no answer comes */
export function send(socketPath: string, request: ReturnType<typeof nextRequest>): Promise<Outcome> {
  const { bytes, breakOff } = request;
  return new Promise((resolve, reject) => {
    const socket = connect({ path: socketPath });
    const chunks: Buffer[] = [];
    const finish = () => {
      const all = Buffer.concat(chunks).toString('latin1');
      const status = /^HTTP\/1\.1 (\d{3})/.exec(all)?.[1];
      resolve({ sent: bytes, status: status === undefined ? undefined : Number(status), body: all.slice(0, 2000) });
    };
    socket.setTimeout(PATIENCE_MS, () => {
      socket.destroy();
      reject(new Error(`no answer to ${bytes}`));
    });
    socket.on('data', (chunk: Buffer) => {
      if (chunks.length < 100) chunks.push(chunk);
      if (breakOff) socket.destroy();
    });
    socket.on('error', () => {});
    socket.on('close', finish);
    socket.write(bytes, 'latin1', () => {
      // Without waiting for a first byte: also before the daemon has read everything.
      if (breakOff) setImmediate(() => socket.destroy());
      // A raw request is not complete: its end is what makes the daemon answer.
      else socket.end();
    });
  });
}

/** Puts a router behind HTTP on a unix socket: what the exchange says becomes bytes, upgrades become connections. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import { createServer as createSecureServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { TlsOptions } from 'node:tls';
import type {
  ApiErrorBody,
  ApiMethod,
  ApiQuery,
  ApiRequest,
  ApiResponse,
  Dispatch,
} from '#spec/docker-api/exchange.ts';
import { CALLER_HEADER, ERROR_DETAILS_HEADER } from '#spec/docker-api/exchange.ts';
import { API_VERSION } from './router.ts';
import { isWebSocket, joinWebSocket } from './websocket.ts';

function queryOf(parameters: URLSearchParams): ApiQuery {
  const query: Record<string, string | string[]> = {};
  for (const name of new Set(parameters.keys())) {
    const values = parameters.getAll(name);
    query[name] = values.length === 1 ? values[0]! : values;
  }
  return query;
}

/** What is asked for, without the query. */
function pathOf(message: IncomingMessage): string {
  const target = message.url ?? '/';
  const split = target.indexOf('?');
  return split === -1 ? target : target.slice(0, split);
}

function requestOf(message: IncomingMessage, body: Readable | undefined, abort: AbortSignal): ApiRequest {
  const target = message.url ?? '/';
  const path = pathOf(message);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers))
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  return {
    method: message.method as ApiMethod,
    path,
    query: path.length === target.length ? {} : queryOf(new URLSearchParams(target.slice(path.length))),
    headers,
    body:
      body === undefined
        ? undefined
        : { kind: 'stream', stream: body, contentType: headers['content-type'] ?? 'application/octet-stream' },
    upgrade: headers['upgrade'] !== undefined,
    headFirst: true,
    abort,
  };
}

function hasBody(message: IncomingMessage): boolean {
  return message.headers['transfer-encoding'] !== undefined || Number(message.headers['content-length'] ?? 0) > 0;
}

async function* encodeLines(items: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const item of items) yield `${JSON.stringify(item)}\n`;
}

async function writeBody(response: ServerResponse, body: ApiResponse['body'], head: boolean): Promise<void> {
  if (head || body.kind === 'empty') {
    if (body.kind === 'stream') body.stream.destroy();
    response.end();
    return;
  }
  switch (body.kind) {
    case 'json':
    case 'text': {
      const bytes = Buffer.from(body.kind === 'json' ? `${JSON.stringify(body.value)}\n` : body.text);
      response.setHeader('Content-Length', bytes.length);
      response.end(bytes);
      return;
    }
    case 'lines':
      // Clients act on the head: it must not wait for the first item.
      response.flushHeaders();
      await pipeline(Readable.from(encodeLines(body.items)), response);
      return;
    case 'stream':
    case 'upgraded':
      response.flushHeaders();
      await pipeline(body.stream, response);
  }
}

const canonicalNames = new Map<string, string>();

/** `content-type` as `Content-Type`: some clients compare. The API's own names are few. */
function canonicalName(name: string): string {
  let canonical = canonicalNames.get(name);
  if (canonical === undefined) {
    canonical = name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
    canonicalNames.set(name, canonical);
  }
  return canonical;
}

function headersFor(answer: ApiResponse): Record<string, string> {
  const type = answer.body.kind === 'json' ? { 'content-type': 'application/json' } : {};
  const headers = {
    'api-version': API_VERSION,
    'docker-experimental': 'false',
    ostype: 'linux',
    server: `Berth (linux)`,
    ...type,
    ...answer.headers,
  };
  const canonical: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) canonical[canonicalName(name)] = value;
  return canonical;
}

/** Docker's errors have a message only; the rest is for clients that ask for it. */
function forClient(message: IncomingMessage, answer: ApiResponse): ApiResponse {
  if (answer.status < 400 || answer.body.kind !== 'json' || message.headers[ERROR_DETAILS_HEADER] === '1')
    return answer;
  const { message: text } = answer.body.value as ApiErrorBody;
  return { ...answer, body: { kind: 'json', value: { message: text } } };
}

/** Ends what a body is read from; one that was read to its end has ended. */
function discard(body: ApiResponse['body']): void {
  if (body.kind === 'stream' || body.kind === 'upgraded') body.stream.destroy();
  // A sequence that was never begun has nothing to end, and ends as soon as it is told to.
  if (body.kind === 'lines')
    void body.items[Symbol.asyncIterator]()
      .return?.(undefined)
      ?.catch(() => undefined);
}

/** Who is at the other end of a connection; undefined when that cannot be told. */
export type CallerOf = (socket: Socket) => Promise<{ readonly uid: number; readonly gid: number } | undefined>;

/** Adds who asks where that counts and the client did not say so itself. */
async function withCaller(request: ApiRequest, message: IncomingMessage, callerOf?: CallerOf): Promise<ApiRequest> {
  if (callerOf === undefined || !request.path.endsWith('/containers/create')) return request;
  if (request.headers?.[CALLER_HEADER] !== undefined) return request;
  const caller = await callerOf(message.socket);
  if (caller === undefined) return request;
  return { ...request, headers: { ...request.headers, [CALLER_HEADER]: `${caller.uid}:${caller.gid}` } };
}

/** One for all: making one for each answer that ends takes longer than writing the answer. */
const CLIENT_GONE = Object.assign(new Error('the client is gone'), { name: 'AbortError' });

async function answerRequest(
  dispatch: Dispatch,
  message: IncomingMessage,
  response: ServerResponse,
  callerOf?: CallerOf,
): Promise<void> {
  const aborter = new AbortController();
  response.on('close', () => aborter.abort(CLIENT_GONE));
  const body = hasBody(message) ? message : undefined;
  const request = await withCaller(requestOf(message, body, aborter.signal), message, callerOf);
  const answer = forClient(message, await dispatch(request));
  try {
    // Gone meanwhile: a pipeline would not even begin, and what it reads from would stay open.
    if (response.destroyed || response.closed) return;
    response.statusCode = answer.status;
    for (const [name, value] of Object.entries(headersFor(answer))) response.setHeader(name, value);
    await writeBody(response, answer.body, message.method === 'HEAD');
  } finally {
    discard(answer.body);
  }
}

/** How long a client that was refused may take to hang up, in milliseconds. */
const LINGER_MS = 5000;

function headText(status: string, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status}\r\n${lines.join('')}\r\n`;
}

function writeUnupgraded(socket: Duplex, answer: ApiResponse): void {
  const text = answer.body.kind === 'json' ? `${JSON.stringify(answer.body.value)}\n` : '';
  const headers = { ...headersFor(answer), Connection: 'close', 'Content-Length': String(Buffer.byteLength(text)) };
  socket.end(headText(`${answer.status} ${answer.status < 300 ? 'OK' : 'Error'}`, headers) + text);
  // What the client sent for the process that it does not get; without reading it, the end of the connection is not seen.
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
}

async function answerUpgrade(dispatch: Dispatch, message: IncomingMessage, socket: Duplex, head: Buffer) {
  const aborter = new AbortController();
  socket.on('close', () => aborter.abort(CLIENT_GONE));
  // Either side may vanish at any time; the pipelines below see it and end the other.
  socket.on('error', () => {});
  if (head.length > 0) socket.unshift(head);
  // Node reads a body of the announced length into the message; what follows it is the connection's own.
  const body = hasBody(message) ? message : undefined;
  const answer = forClient(message, await dispatch(requestOf(message, body, aborter.signal)));
  if (answer.body.kind !== 'upgraded') {
    discard(answer.body);
    writeUnupgraded(socket, answer);
    return;
  }
  if (socket.destroyed) {
    discard(answer.body);
    return;
  }
  if (isWebSocket(message)) {
    await joinWebSocket(message, socket, answer.body.stream);
    return;
  }
  socket.write(headText('101 UPGRADED', { ...headersFor(answer), Connection: 'Upgrade', Upgrade: 'tcp' }));
  const { stream } = answer.body;
  const inwards = pipeline(socket, stream, { end: true }).catch(() => {});
  await pipeline(stream, socket, { end: true }).catch(() => {});
  socket.destroy();
  await inwards;
}

/** The requests whose connection may become the process's own. */
const TAKEN_OVER = /\/(containers\/[^/]+\/attach(\/ws)?|exec\/[^/]+\/start|session|grpc)$/;

/** Options of every server of the API, whatever it listens on. Some clients send their registries' credentials in headers. */
const SERVER_OPTIONS = {
  maxHeaderSize: 256 * 1024,
  noDelay: true,
  keepAlive: true,
  // Elsewhere an upgrade is an offer that the server need not take (RFC 9110, section 7.8).
  shouldUpgradeCallback: (message: IncomingMessage) => TAKEN_OVER.test(pathOf(message)),
} as const;

/**
 * An HTTP server for a router; not listening yet.
 *
 * @param callerOf for sockets whose other end the kernel knows
 */
export function createHttpServer(dispatch: Dispatch, callerOf?: CallerOf): Server {
  return answerWith(createServer(SERVER_OPTIONS), dispatch, callerOf);
}

/** The same behind TLS. @param options certificates, and whether clients need one */
export function createHttpsServer(dispatch: Dispatch, options: TlsOptions): SecureServer {
  return answerWith(createSecureServer({ ...SERVER_OPTIONS, ...options }), dispatch);
}

function answerWith<S extends Server | SecureServer>(server: S, dispatch: Dispatch, callerOf?: CallerOf): S {
  server.on('request', (message: IncomingMessage, response: ServerResponse) => {
    answerRequest(dispatch, message, response, callerOf).catch((error: unknown) => response.destroy(error as Error));
  });
  server.on('upgrade', (message: IncomingMessage, socket: Duplex, head: Buffer) => {
    answerUpgrade(dispatch, message, socket, head).catch((error: unknown) => socket.destroy(error as Error));
  });
  // Waits and log streams are silent for as long as they like, and clients keep connections for later.
  server.requestTimeout = 0;
  server.timeout = 0;
  server.keepAliveTimeout = 0;
  return server;
}

/** Serves a router on a unix socket until closed; for clients that speak HTTP. */
export async function serveHttp(dispatch: Dispatch, socketPath: string): Promise<AsyncDisposable> {
  const server = createHttpServer(dispatch);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, resolve);
  });
  return {
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

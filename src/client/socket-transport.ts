/** The Docker Engine API over HTTP on a unix or TCP socket. Loaded only when an engine is reached that way. */
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { Agent, request as httpRequest } from 'node:http';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream';
import { BerthError, isErrno, messageOf } from '#base/errors.ts';
import type { ApiHeaders, ApiQuery, ApiRequest, ApiResponse } from '#spec/docker-api/exchange.ts';
import { ERROR_DETAILS_HEADER } from '#spec/docker-api/exchange.ts';
import type { EngineAddress } from './engine-host.ts';
import { parseEngineHost } from './engine-host.ts';
import type { Transport } from './transport.ts';

/** The newest API version this client knows. */
const NEWEST = '1.50';

function encodeQuery(query: ApiQuery | undefined): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value === undefined) continue;
    if (typeof value === 'boolean') parameters.append(name, value ? '1' : '0');
    else if (typeof value === 'object') for (const item of value) parameters.append(name, item);
    else parameters.append(name, String(value));
  }
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}

function headersOf(message: IncomingMessage): ApiHeaders {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers))
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  return headers;
}

function olderVersion(a: string, b: string): string {
  const [aMajor = 0, aMinor = 0] = a.split('.').map(Number);
  const [bMajor = 0, bMinor = 0] = b.split('.').map(Number);
  return aMajor < bMajor || (aMajor === bMajor && aMinor < bMinor) ? a : b;
}

function connectFailure(endpoint: string, error: unknown): unknown {
  if (isErrno(error, 'EACCES', 'EPERM'))
    return new BerthError(
      'unavailable',
      'client.permission-denied',
      `permission denied while trying to connect to the Docker daemon socket at ${endpoint}: ${messageOf(error)}`,
      { cause: error },
    );
  if (isErrno(error, 'ENOENT', 'ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'EAI_AGAIN'))
    return new BerthError(
      'unavailable',
      'client.cannot-connect',
      `Cannot connect to the Docker daemon at ${endpoint}. Is the docker daemon running?`,
      { cause: error },
    );
  return error;
}

function responseOf(message: IncomingMessage): ApiResponse {
  const status = message.statusCode ?? 0;
  return { status, headers: headersOf(message), body: { kind: 'stream', stream: message } };
}

function upgradedOf(message: IncomingMessage, socket: Duplex, head: Buffer): ApiResponse {
  if (head.length > 0) socket.unshift(head);
  return { status: message.statusCode ?? 0, headers: headersOf(message), body: { kind: 'upgraded', stream: socket } };
}

function sendBody(message: ClientRequest, request: ApiRequest, fail: (error: unknown) => void): void {
  if (request.body === undefined) {
    message.end();
    return;
  }
  if (request.body.kind === 'json') {
    message.setHeader('content-type', 'application/json');
    message.end(JSON.stringify(request.body.value));
    return;
  }
  message.setHeader('content-type', request.body.contentType);
  pipeline(request.body.stream, message, (error) => {
    // An engine may answer and hang up before it read everything: its answer counts, not the broken pipe.
    if (error && !isErrno(error, 'EPIPE', 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE')) fail(error);
  });
}

/** A connection to an engine behind a socket. Requests share kept-alive connections. */
class SocketTransport implements Transport {
  readonly endpoint: string;
  readonly #address: EngineAddress;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  #version: Promise<string> | undefined;

  constructor(host: string, version: string | undefined) {
    this.endpoint = host;
    this.#address = parseEngineHost(host);
    if (version !== undefined) this.#version = Promise.resolve(version);
  }

  apiVersion(): Promise<string> {
    this.#version ??= this.#negotiate();
    return this.#version;
  }

  async request(request: ApiRequest): Promise<ApiResponse> {
    // The ping itself has no version: it is how one is found.
    const prefix = request.path === '/_ping' ? '' : `/v${await this.apiVersion()}`;
    return this.#exchange(request, prefix);
  }

  async close(): Promise<void> {
    this.#agent.destroy();
  }

  async #negotiate(): Promise<string> {
    const response = await this.#exchange({ method: 'HEAD', path: '/_ping' }, '');
    if (response.body.kind === 'stream') response.body.stream.resume();
    return olderVersion(response.headers['api-version'] ?? '1.24', NEWEST);
  }

  #options(request: ApiRequest, prefix: string): RequestOptions {
    const path = `${prefix}${request.path}${encodeQuery(request.query)}`;
    const upgrade = request.upgrade ? { connection: 'Upgrade', upgrade: 'tcp' } : {};
    const common = {
      method: request.method,
      headers: { host: 'docker', [ERROR_DETAILS_HEADER]: '1', ...request.headers, ...upgrade },
      ...(request.abort === undefined ? {} : { signal: request.abort }),
      ...(request.upgrade ? {} : { agent: this.#agent }),
    };
    if (this.#address.kind === 'unix') return { ...common, socketPath: this.#address.socketPath, path };
    const { host, port, basePath } = this.#address;
    return { ...common, host, port, path: `${basePath}${path}` };
  }

  #exchange(request: ApiRequest, prefix: string): Promise<ApiResponse> {
    return new Promise((resolve, reject) => {
      const message = httpRequest(this.#options(request, prefix));
      const fail = (error: unknown) => {
        message.destroy();
        reject(request.abort?.aborted ? request.abort.reason : connectFailure(this.endpoint, error));
      };
      message.on('error', fail);
      message.on('response', (response) => resolve(responseOf(response)));
      message.on('upgrade', (response, socket, head) => resolve(upgradedOf(response, socket, head)));
      sendBody(message, request, fail);
    });
  }
}

/**
 * @param host `unix:///path` or `tcp://host[:port]`
 * @param version speak exactly this API version, `1.43`; negotiated when absent
 * @throws invalid, unsupported for a host that cannot be reached this way
 */
export function socketTransport(host: string, version?: string): Transport {
  return new SocketTransport(host, version);
}

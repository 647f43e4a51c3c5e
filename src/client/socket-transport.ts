/** The Docker Engine API over HTTP on a unix or TCP socket. Loaded only when an engine is reached that way. */
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { Agent, request as httpRequest } from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream';
import type { PeerCertificate } from 'node:tls';
import { checkServerIdentity as checkIdentity } from 'node:tls';
import { BerthError, isBerthError, isErrno, messageOf } from '#base/errors.ts';
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
  return isTransportError(error) ? transportFailure(endpoint, error) : error;
}

/** What the network, TLS or HTTP say, as opposed to mistakes of the program and to requests that were given up. */
function isTransportError(error: unknown): error is Error & { readonly code: string } {
  if (!(error instanceof Error) || isBerthError(error) || error.name === 'AbortError') return false;
  return 'code' in error && typeof error.code === 'string' && error.code !== 'ABORT_ERR';
}

function transportFailure(endpoint: string, error: Error & { readonly code: string }): BerthError {
  const mayWantTls = endpoint.startsWith('tcp:') && ['ECONNRESET', 'HPE_INVALID_CONSTANT'].includes(error.code);
  const hint = 'an engine with TLS is reached with --tlsverify, one without it not';
  return new BerthError('unavailable', 'client.transport', `error during connect: ${endpoint}: ${messageOf(error)}`, {
    cause: error,
    ...(mayWantTls || error.code === 'EPROTO' ? { hint } : {}),
  });
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

/** How a client proves itself and checks the engine, as `node:tls` takes it. */
export interface ClientTls {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  /** False: any certificate will do. */
  readonly rejectUnauthorized: boolean;
}

export interface SocketOptions {
  /** Speak exactly this API version, `1.43`; negotiated when absent. */
  readonly version?: string | undefined;
  /** For TCP; plain without. */
  readonly tls?: ClientTls | undefined;
  /** Opens a connection to the engine of another machine. */
  readonly dialSsh?: ((address: EngineAddress & { readonly kind: 'ssh' }) => Duplex) | undefined;
}

/** A connection to an engine behind a socket. Requests share kept-alive connections. */
class SocketTransport implements Transport {
  readonly endpoint: string;
  readonly #address: EngineAddress;
  readonly #tls: ClientTls | undefined;
  readonly #dial: (() => Duplex) | undefined;
  readonly #agent: Agent;
  #version: Promise<string> | undefined;

  constructor(host: string, options: SocketOptions) {
    this.endpoint = host;
    this.#tls = options.tls;
    this.#address = parseEngineHost(host, options.tls !== undefined);
    if (this.#address.kind === 'ssh') {
      const { dialSsh } = options;
      if (dialSsh === undefined)
        throw new BerthError('unsupported', 'client.bad-host', `${host} cannot be reached from here: no ssh`);
      const address = this.#address;
      this.#dial = () => dialSsh(address);
    }
    this.#agent = this.#makeAgent();
    if (options.version !== undefined) this.#version = Promise.resolve(options.version);
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

  #makeAgent(keepAlive = true): Agent {
    const options = { keepAlive, maxSockets: Number.POSITIVE_INFINITY };
    if (this.#tls !== undefined && this.#address.kind === 'tcp') {
      const { host } = this.#address;
      // The names in the certificate are for the address that was dialled, not for the `Host` header.
      const servername = isIP(host) === 0 ? host : '';
      const checkServerIdentity = (_name: string, certificate: PeerCertificate) => checkIdentity(host, certificate);
      return new SecureAgent({ ...options, ...this.#tls, servername, checkServerIdentity });
    }
    const agent = new Agent(options);
    const dial = this.#dial;
    if (dial !== undefined) {
      agent.createConnection = dial;
      // Of a program's pipes nothing can be asked that the agent asks of sockets.
      agent.keepSocketAlive = () => true;
      agent.reuseSocket = () => {};
    }
    return agent;
  }

  #options(request: ApiRequest, prefix: string): RequestOptions {
    const path = `${prefix}${request.path}${encodeQuery(request.query)}`;
    const upgrade = request.upgrade ? { connection: 'Upgrade', upgrade: 'tcp' } : {};
    const common = {
      method: request.method,
      headers: { host: 'docker', [ERROR_DETAILS_HEADER]: '1', ...request.headers, ...upgrade },
      ...(request.abort === undefined ? {} : { signal: request.abort }),
      // A connection that is taken over cannot be shared.
      agent: request.upgrade ? this.#makeAgent(false) : this.#agent,
    };
    if (this.#address.kind === 'unix') return { ...common, socketPath: this.#address.socketPath, path };
    if (this.#address.kind === 'ssh') return { ...common, host: 'docker', path };
    const { host, port, basePath } = this.#address;
    return { ...common, host, port, path: `${basePath}${path}` };
  }

  #exchange(request: ApiRequest, prefix: string): Promise<ApiResponse> {
    return new Promise((resolve, reject) => {
      const isSecure = this.#tls !== undefined && this.#address.kind === 'tcp';
      const message = (isSecure ? secureRequest : httpRequest)(this.#options(request, prefix));
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
 * @param host `unix:///path`, `tcp://host[:port]` or `ssh://[user@]host[:port]`
 * @throws invalid, unsupported for a host that cannot be reached this way
 */
export function socketTransport(host: string, options: SocketOptions = {}): Transport {
  return new SocketTransport(host, options);
}

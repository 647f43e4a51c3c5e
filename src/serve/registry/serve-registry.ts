/** The OCI distribution specification 1.1 over HTTP. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import { pipeline } from 'node:stream/promises';
import type { TlsOptions } from 'node:tls';
import { messageOf } from '#base/errors.ts';
import { monotonicMs } from '#base/time.ts';
import type { Registry } from '#engine/registry/api.ts';
import type { Denial, Gate, Wish } from './access.ts';
import { answerBlob } from './blobs.ts';
import { type Answer, type Call, json } from './exchange.ts';
import { listReferrers, listRepositories, listTags } from './listings.ts';
import { answerManifest } from './manifests.ts';
import { refusal, refusalOf } from './refusal.ts';
import { parseRoute, type Route } from './route.ts';
import { answerUpload, beginUpload } from './uploads.ts';

export interface RegistryServerOptions {
  readonly registry: Registry;
  readonly gate: Gate;
  /** Nothing can be pushed or deleted. */
  readonly isReadOnly: boolean;
  readonly tls: TlsOptions | undefined;
  /** Told of each request when it has been answered. */
  readonly onAnswer: (line: AnswerLine) => void;
}

export interface AnswerLine {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly ms: number;
  readonly client: string;
  /** What went wrong where it is the server's own trouble. */
  readonly failure: string | undefined;
}

const BASE_HEADERS = { 'Docker-Distribution-Api-Version': 'registry/2.0', 'X-Content-Type-Options': 'nosniff' };
/** Bytes of a refused request that are read, so that the client sees the answer. */
const DRAIN_BYTES = 64 * 1024 * 1024;
/** How long that may take, milliseconds. */
const DRAIN_MS = 10_000;

/** A server for a registry; not listening yet. */
export function createRegistryServer(options: RegistryServerOptions): Server | SecureServer {
  const settings = { keepAlive: true, noDelay: true, requestTimeout: 0, keepAliveTimeout: 60_000 };
  const listener = (message: IncomingMessage, response: ServerResponse) => void serve(options, message, response);
  if (options.tls === undefined) return createServer(settings, listener);
  return createSecureServer({ ...settings, ...options.tls }, listener);
}

async function serve(
  options: RegistryServerOptions,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const began = monotonicMs();
  const method = message.method ?? 'GET';
  const [path = '/'] = (message.url ?? '/').split('?', 1);
  let failure: string | undefined;
  let answer: Answer;
  try {
    answer = await answerCall(options, message, path);
  } catch (error) {
    answer = refused(error);
    if (answer.status >= 500) failure = messageOf(error);
  }
  try {
    await send(answer, method, message, response);
  } catch (error) {
    failure ??= messageOf(error);
    response.destroy();
  }
  const client = message.socket.remoteAddress ?? '';
  options.onAnswer({ method, path, status: answer.status, ms: monotonicMs() - began, client, failure });
}

async function answerCall(options: RegistryServerOptions, message: IncomingMessage, path: string): Promise<Answer> {
  const { registry, gate, isReadOnly } = options;
  const method = message.method ?? 'GET';
  const route = parseRoute(path);
  if (route === undefined) return json(404, { errors: [{ code: 'UNSUPPORTED', message: 'no such path' }] });
  const { authorization } = message.headers;
  const denial = await gate.check(authorization, wishOf(route, method));
  if (denial !== undefined) return denied(denial);
  if (isReadOnly && method !== 'GET' && method !== 'HEAD') throw refusal('UNSUPPORTED', 'the registry is read-only');
  const call: Call = {
    registry,
    message,
    method,
    query: new URLSearchParams((message.url ?? '').slice(path.length + 1)),
    mayPull: async (repository) => (await gate.check(authorization, { repository, action: 'pull' })) === undefined,
  };
  return await answerRoute(call, route);
}

async function answerRoute(call: Call, route: Route): Promise<Answer> {
  switch (route.kind) {
    case 'base':
      if (call.method !== 'GET' && call.method !== 'HEAD') throw refusal('UNSUPPORTED', 'the operation is unsupported');
      return json(200, {});
    case 'catalog':
      return listRepositories(call);
    case 'tags':
      return await listTags(call, route.repository);
    case 'referrers':
      return listReferrers(call, route.repository, route.digest);
    case 'blob':
      return await answerBlob(call, route.repository, route.digest);
    case 'manifest':
      return await answerManifest(call, route.repository, route.reference);
    case 'begin-upload':
      return await beginUpload(call, route.repository);
    case 'upload':
      return await answerUpload(call, route.repository, route.id);
    default:
      throw refusal('UNSUPPORTED', 'the operation is unsupported');
  }
}

function wishOf(route: Route, method: string): Wish {
  if (!('repository' in route))
    return route.kind === 'catalog'
      ? { repository: undefined, action: 'catalog' }
      : { repository: undefined, action: 'none' };
  if (route.kind === 'upload' || route.kind === 'begin-upload') return { repository: route.repository, action: 'push' };
  const action = method === 'DELETE' ? 'delete' : method === 'GET' || method === 'HEAD' ? 'pull' : 'push';
  return { repository: route.repository, action };
}

function denied({ kind, challenge }: Denial): Answer {
  const code = kind === 'denied' ? 'DENIED' : 'UNAUTHORIZED';
  const message = kind === 'denied' ? 'requested access to the resource is denied' : 'authentication required';
  const headers = kind === 'denied' ? {} : { 'WWW-Authenticate': challenge };
  return json(kind === 'denied' ? 403 : 401, { errors: [{ code, message, detail: null }] }, headers);
}

function refused(error: unknown): Answer {
  const { status, code, message, detail } = refusalOf(error);
  const shown = code === 'TOO_LARGE' ? 'SIZE_INVALID' : code;
  const headers =
    code === 'RANGE_INVALID' && typeof detail?.['size'] === 'number'
      ? { Range: `0-${Math.max(0, detail['size'] - 1)}`, 'Content-Range': `bytes */${detail['size']}` }
      : {};
  return json(status, { errors: [{ code: shown, message, ...(detail === undefined ? {} : { detail }) }] }, headers);
}

async function send(answer: Answer, method: string, message: IncomingMessage, response: ServerResponse): Promise<void> {
  response.statusCode = answer.status;
  for (const [name, value] of Object.entries({ ...BASE_HEADERS, ...answer.headers }))
    response.setHeader(name, value as string | number);
  if (!(await drained(message))) response.setHeader('Connection', 'close');
  const { body } = answer;
  if (body === undefined || method === 'HEAD') {
    if (body !== undefined && !Buffer.isBuffer(body)) body.destroy();
    response.end();
  } else if (Buffer.isBuffer(body)) response.end(body);
  else await pipeline(body, response);
}

/**
 * Reads on what is still coming of a request that is answered already: a client that sends does not look for an answer.
 *
 * @returns false when it was too much or took too long
 */
async function drained(message: IncomingMessage): Promise<boolean> {
  if (message.complete || message.destroyed) return message.complete;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  let length = 0;
  message.on('data', (piece: Buffer) => {
    length += piece.length;
    if (length > DRAIN_BYTES) resolve(false);
  });
  message.once('end', () => resolve(true));
  message.once('close', () => resolve(false));
  message.once('error', () => resolve(false));
  const timer = setTimeout(() => resolve(false), DRAIN_MS);
  message.resume();
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    message.on('error', () => {});
  }
}

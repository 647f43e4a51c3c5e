/** The few forms that responses of the API have. */
import type { Duplex, Readable } from 'node:stream';
import { messageOf } from '#base/errors.ts';
import type { ApiHeaders, ApiResponse } from '#spec/docker-api/exchange.ts';
import { MULTIPLEXED_STREAM, RAW_STREAM } from '#spec/docker-api/exchange.ts';
import type { ProgressMessage } from '#spec/docker-api/images.ts';

export function json(value: unknown, status = 200): ApiResponse {
  return { status, headers: { 'content-type': 'application/json' }, body: { kind: 'json', value } };
}

export function empty(status: number, headers: ApiHeaders = {}): ApiResponse {
  return { status, headers, body: { kind: 'empty' } };
}

export function lines(items: AsyncIterable<unknown>): ApiResponse {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: { kind: 'lines', items } };
}

export function bytes(stream: Readable, contentType: string, headers: ApiHeaders = {}): ApiResponse {
  return { status: 200, headers: { 'content-type': contentType, ...headers }, body: { kind: 'stream', stream } };
}

/** The media type of process output; clients before API 1.42 know only the raw one. */
export function streamType(multiplexed: boolean, version: string): string {
  const minor = Number(version.split('.')[1]);
  return multiplexed && minor >= 42 ? MULTIPLEXED_STREAM : RAW_STREAM;
}

/** @param requested whether the client asked for an upgrade; without, the bytes are a plain body (no input then) */
export function processStream(stream: Duplex, multiplexed: boolean, version: string, requested: boolean): ApiResponse {
  const headers = { 'content-type': streamType(multiplexed, version) };
  if (!requested) return { status: 200, headers, body: { kind: 'stream', stream } };
  return { status: 101, headers, body: { kind: 'upgraded', stream } };
}

/**
 * Progress as lines. A failure before the first message rejects, so that it becomes a status; after it, it is a last line
 * with `error`, as docker reports it.
 */
export async function progress(messages: AsyncIterable<ProgressMessage>): Promise<ApiResponse> {
  const iterator = messages[Symbol.asyncIterator]();
  const first = await iterator.next();
  return lines(
    (async function* () {
      try {
        for (let next = first; !next.done; next = await iterator.next()) yield next.value;
      } catch (error) {
        yield { errorDetail: { message: messageOf(error) }, error: messageOf(error) };
      } finally {
        await iterator.return?.();
      }
    })(),
  );
}

/** What every call of the client is built from: one request, its errors thrown, its body decoded. */
import type { ApiRequest, ApiResponse } from '#spec/docker-api/exchange.ts';
import { bodyJson, bodyLines, bodyStream, discardBody, errorOf } from './response.ts';
import type { Transport } from './transport.ts';

/** The part of a transport that calls need. */
export type Api = Pick<Transport, 'request'>;

/** Sends a request; a status of 400 and more is thrown as `BerthError` with the API's message. */
export async function send(api: Api, request: ApiRequest): Promise<ApiResponse> {
  const response = await api.request(request);
  if (response.status >= 400) throw await errorOf(response);
  return response;
}

/** Sends a request whose answer says nothing but its status; resolves with the status (304: nothing to do). */
export async function sendOnly(api: Api, request: ApiRequest): Promise<number> {
  const response = await send(api, request);
  discardBody(response);
  return response.status;
}

export async function sendForJson<T>(api: Api, request: ApiRequest): Promise<T> {
  return bodyJson<T>(await send(api, request));
}

/** Sends a request for a sequence of documents. Aborting ends the sequence, it is no failure of it. */
export async function sendForLines<T>(api: Api, request: ApiRequest): Promise<AsyncIterable<T>> {
  return untilAborted(bodyLines<T>(await send(api, request)), request.abort);
}

async function* untilAborted<T>(items: AsyncIterable<T>, abort: AbortSignal | undefined): AsyncGenerator<T> {
  try {
    yield* items;
  } catch (error) {
    if (!abort?.aborted) throw error;
  }
}

export async function sendForStream(api: Api, request: ApiRequest) {
  return bodyStream(await send(api, request));
}

/** Filters as the `filters` query parameter wants them; absent when there are none. */
export function encodeFilters(filters: Readonly<Record<string, readonly string[]>> | undefined): string | undefined {
  if (filters === undefined || Object.keys(filters).length === 0) return undefined;
  return JSON.stringify(filters);
}

/** Encodes one path segment. */
export const segment = encodeURIComponent;

/** An image name keeps its slashes in a path. */
export function imageSegment(name: string): string {
  return encodeURIComponent(name).replaceAll('%2F', '/').replaceAll('%3A', ':').replaceAll('%40', '@');
}

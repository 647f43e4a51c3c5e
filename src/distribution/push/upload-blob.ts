import { createReadStream } from 'node:fs';
import { BerthError, isBerthError } from '#base/errors.ts';
import { pause, pauseBefore } from '../http/back-off.ts';
import { type HttpResponse, headerOf } from '../http/exchange.ts';
import { nextUrl } from '../http/http-client.ts';
import { isPassing } from '../http/network-error.ts';
import { type RegistryClient, sameServer } from '../registry/registry-client.ts';

/** Bytes that are to be sent, again from any place on when need be. */
export interface UploadSource {
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly open: (from: number) => AsyncIterable<Uint8Array>;
}

export type UploadOutcome = 'exists' | 'mounted' | 'sent';

/** A registry may take long to look at what it got. */
const DIGEST_MS = 15 * 60_000;
const HEADWAY = 64 * 1024;

/** The bytes of a file as a source. */
export function fileSource(path: string): (from: number) => AsyncIterable<Uint8Array> {
  return (from) => createReadStream(path, { start: from, highWaterMark: 512 * 1024 });
}

/** Whether the repository has a blob. */
export async function hasBlob(client: RegistryClient, digest: string): Promise<boolean> {
  const response = await client.send({
    method: 'HEAD',
    at: client.path(`blobs/${digest}`),
    scopes: [client.scope('pull,push')],
    accept: [200, 404],
    what: `blob ${digest}`,
  });
  response.body.resume();
  return response.status === 200;
}

/**
 * Takes a blob over from another repository of the same registry.
 *
 * @returns undefined when it is there now, else the upload that the registry has opened instead
 */
export async function mountBlob(client: RegistryClient, digest: string, from: string): Promise<URL | undefined> {
  const query = new URLSearchParams({ mount: digest, from });
  const response = await client.send({
    method: 'POST',
    at: client.path(`blobs/uploads/?${query}`),
    scopes: [client.scope('pull,push'), client.scope('pull', from)],
    headers: { 'content-length': 0 },
    accept: [201, 202],
    what: `mount of ${digest}`,
  });
  response.body.resume();
  return response.status === 201 ? undefined : placeOf(response);
}

/**
 * Sends a blob. A connection that breaks is followed by another one that goes on where the registry's count ends.
 *
 * @param begun an upload that is open already
 * @param report called with the bytes that are on their way
 */
export async function uploadBlob(
  client: RegistryClient,
  source: UploadSource,
  report: (bytes: number) => void,
  signal: AbortSignal,
  begun?: URL,
): Promise<void> {
  let place = begun ?? (await begin(client));
  let at = 0;
  for (let tries = 1; ; ) {
    let sent = at;
    try {
      const moved = (bytes: number) => {
        sent = bytes;
        report(bytes);
      };
      place = await sendRest(client, source, place, at, moved, signal);
      await finish(client, source.digest, place);
      return;
    } catch (error) {
      if (signal.aborted || !isPassing(error)) throw error;
      if (sent - at >= HEADWAY) tries = 1;
      if (tries >= client.tries) throw error;
      await pause(pauseBefore(tries)!, signal);
      tries += 1;
      const state = await stateOf(client, place);
      if (state === undefined) [place, at] = [await begin(client), 0];
      else ({ place, at } = state);
    }
  }
}

async function begin(client: RegistryClient): Promise<URL> {
  const response = await client.send({
    method: 'POST',
    at: client.path('blobs/uploads/'),
    scopes: [client.scope('pull,push')],
    headers: { 'content-length': 0 },
    accept: [202],
    what: 'upload',
  });
  response.body.resume();
  return placeOf(response);
}

async function sendRest(
  client: RegistryClient,
  source: UploadSource,
  place: URL,
  at: number,
  report: (bytes: number) => void,
  signal: AbortSignal,
): Promise<URL> {
  if (at >= source.size) return place;
  const response = await client.send({
    method: 'PATCH',
    at: place,
    scopes: [client.scope('pull,push')],
    headers: {
      'content-type': 'application/octet-stream',
      ...(at === 0 ? {} : { 'content-range': `${at}-${source.size - 1}` }),
    },
    body: { length: source.size - at, open: () => counted(source.open(at), at, report) },
    accept: [202, 201, 204],
    what: `upload of ${source.digest}`,
    repeat: false,
    idleMs: DIGEST_MS,
    signal,
  });
  response.body.resume();
  return placeOf(response);
}

async function* counted(
  pieces: AsyncIterable<Uint8Array>,
  from: number,
  report: (bytes: number) => void,
): AsyncIterable<Uint8Array> {
  let bytes = from;
  for await (const piece of pieces) {
    bytes += piece.length;
    report(bytes);
    yield piece;
  }
}

async function finish(client: RegistryClient, digest: string, place: URL): Promise<void> {
  const at = new URL(place);
  at.searchParams.set('digest', digest);
  const response = await client.send({
    method: 'PUT',
    at,
    scopes: [client.scope('pull,push')],
    headers: { 'content-length': 0 },
    accept: [201, 202, 204],
    what: `upload of ${digest}`,
    idleMs: DIGEST_MS,
  });
  response.body.resume();
}

/** How far an upload has come; undefined when the registry knows nothing of it any more. */
async function stateOf(client: RegistryClient, place: URL): Promise<{ place: URL; at: number } | undefined> {
  try {
    const scopes = [client.scope('pull,push')];
    const response = await client.send({ method: 'GET', at: place, scopes, accept: [204], what: 'upload' });
    response.body.resume();
    const end = /^(?:bytes=)?0-(\d+)$/.exec(headerOf(response, 'range') ?? '')?.[1];
    const next = headerOf(response, 'location') === undefined ? place : placeOf(response);
    // An empty upload is "0-0" too: one byte is sent twice then, unless it is begun anew.
    return end === undefined || end === '0' ? undefined : { place: next, at: Number(end) + 1 };
  } catch (error) {
    if (isBerthError(error, 'cancelled')) throw error;
    return undefined;
  }
}

function placeOf(response: HttpResponse): URL {
  const location = headerOf(response, 'location');
  if (location !== undefined) return sameServer(response.url, nextUrl(response.url, location));
  throw new BerthError('unavailable', 'registry.location', 'the registry does not say where to upload to');
}

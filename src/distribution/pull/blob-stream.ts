import { BerthError } from '#base/errors.ts';
import { pause, pauseBefore } from '../http/back-off.ts';
import { type HttpResponse, headerOf } from '../http/exchange.ts';
import { isPassing } from '../http/network-error.ts';
import { bodyPieces } from '../http/read-body.ts';
import type { RegistryClient } from '../registry/registry-client.ts';

/** Bytes that count as headway: a connection that brings less before it breaks is one of the tries. */
const HEADWAY = 64 * 1024;

/**
 * The bytes of a blob from a place on. A connection that breaks is followed by another one that goes on there.
 *
 * @param from first byte wanted
 * @param size bytes the blob has
 * @throws what the registry says, or the last failure after several tries without headway
 */
export async function* blobBytes(
  client: RegistryClient,
  { digest, size }: { readonly digest: string; readonly size: number },
  from: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  let at = from;
  let tries = 1;
  while (at < size) {
    const start = at;
    try {
      const response = await open(client, digest, at, signal);
      for await (const piece of skipping(response, at)) {
        at += piece.length;
        yield piece;
      }
      // An answer without a length that ended early, or one that is longer than announced: the receiver counts too.
      if (at >= size) return;
      const words = `blob ${digest}: unexpected EOF after ${at} of ${size} bytes`;
      throw new BerthError('unavailable', 'registry.short', words);
    } catch (error) {
      if (signal.aborted) throw new BerthError('cancelled', 'registry.cancelled', 'context canceled', { cause: error });
      if (!isPassing(error)) throw error;
      if (at - start >= HEADWAY) tries = 1;
      if (tries >= client.tries) throw error;
      await pause(pauseBefore(tries)!, signal);
      tries += 1;
    }
  }
}

function open(client: RegistryClient, digest: string, at: number, signal: AbortSignal): Promise<HttpResponse> {
  return client.send({
    method: 'GET',
    at: client.path(`blobs/${digest}`),
    headers: { 'accept-encoding': 'identity', ...(at > 0 ? { range: `bytes=${at}-` } : {}) },
    accept: at > 0 ? [200, 206] : [200],
    what: `blob ${digest}`,
    signal,
  });
}

/** The bytes of an answer from a place on, also of a server that knows no ranges. */
async function* skipping(response: HttpResponse, at: number): AsyncGenerator<Uint8Array, void, void> {
  let skip = at;
  if (response.status === 206) {
    const start = /^bytes (\d+)-/.exec(headerOf(response, 'content-range') ?? '')?.[1];
    if (start === undefined || Number(start) > at) {
      response.body.destroy();
      const words = `the registry answered a range from ${at} on with ${headerOf(response, 'content-range') ?? 'no range'}`;
      throw new BerthError('unavailable', 'registry.range', words);
    }
    skip = at - Number(start);
  }
  for await (const piece of bodyPieces(response)) {
    if (skip >= piece.length) skip -= piece.length;
    else {
      yield skip === 0 ? piece : piece.subarray(skip);
      skip = 0;
    }
  }
}

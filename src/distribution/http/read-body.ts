import { BerthError, isBerthError } from '#base/errors.ts';
import { type HttpResponse, headerOf, shownUrl } from './exchange.ts';
import { networkError } from './network-error.ts';

/**
 * The whole body of an answer.
 *
 * @param limit most bytes accepted
 * @throws invalid when it is longer, unavailable when it breaks off
 */
export async function readBody(response: HttpResponse, limit: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of bodyPieces(response)) {
    length += piece.length;
    if (length > limit) {
      response.body.destroy();
      const words = `"${shownUrl(response.url)}": the answer is larger than the ${limit} bytes that are accepted`;
      throw new BerthError('invalid', 'registry.too-large', words);
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces, length);
}

/** The body of an answer as it comes. @throws unavailable or timeout when it breaks off before its announced end */
export async function* bodyPieces(response: HttpResponse): AsyncGenerator<Buffer, void, void> {
  const request = { method: 'GET', url: response.url } as const;
  const announced = headerOf(response, 'content-length');
  let length = 0;
  try {
    for await (const piece of response.body as AsyncIterable<Buffer>) {
      length += piece.length;
      yield piece;
    }
  } catch (error) {
    throw isBerthError(error) ? error : networkError(request, error);
  }
  if (announced !== undefined && length < Number(announced)) {
    const words = `Get "${shownUrl(response.url)}": unexpected EOF after ${length} of ${announced} bytes`;
    throw new BerthError('unavailable', 'registry.short', words);
  }
}

import { BerthError, isBerthError } from '#base/errors.ts';
import { type HttpResponse, headerOf, shownUrl } from './exchange.ts';
import { networkError, slowError } from './network-error.ts';

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

/** Bytes that are taken ahead of whoever reads them. */
const AHEAD = 1024 * 1024;
/** Bytes a second below which a server counts as silent. */
const LEAST_RATE = 1024;

/**
 * The body of an answer as it comes, small pieces joined. What came before a connection broke is given before its failure.
 *
 * @throws unavailable or timeout when it breaks off before its announced end, or comes next to not at all: what counts is the
 * time in which its reader waits for it
 */
export async function* bodyPieces(response: HttpResponse): AsyncGenerator<Buffer, void, void> {
  const { body } = response;
  const announced = headerOf(response, 'content-length');
  let queue: Buffer[] = [];
  let queued = 0;
  let length = 0;
  let failure: unknown;
  let isOver = false;
  let wake = () => {};
  let waitedMs = 0;
  let waitedFrom = 0;
  body.on('data', (piece: Buffer) => {
    queue.push(piece);
    queued += piece.length;
    if (queued >= AHEAD) body.pause();
    wake();
  });
  const end = (error?: unknown) => {
    failure ??= error;
    isOver = true;
    wake();
  };
  body.on('end', () => end());
  body.on('error', end);
  body.on('close', () => end());
  try {
    for (;;) {
      if (queued > 0) {
        const piece = queue.length === 1 ? queue[0]! : Buffer.concat(queue, queued);
        queue = [];
        queued = 0;
        length += piece.length;
        if (body.isPaused()) body.resume();
        yield piece;
      } else if (isOver) break;
      else {
        const startMs = performance.now();
        await new Promise<void>((resolve) => (wake = resolve));
        waitedMs += performance.now() - startMs;
        if (waitedMs < response.idleMs) continue;
        const bytes = length + queued - waitedFrom;
        if (!isOver && bytes * 1000 < LEAST_RATE * waitedMs) throw slowError(response, bytes, waitedMs);
        [waitedMs, waitedFrom] = [0, length + queued];
      }
    }
  } finally {
    body.destroy();
  }
  if (failure !== undefined) {
    throw isBerthError(failure) ? failure : networkError({ method: 'GET', url: response.url }, failure);
  }
  if (announced !== undefined && length < Number(announced)) {
    const words = `Get "${shownUrl(response.url)}": unexpected EOF after ${length} of ${announced} bytes`;
    throw new BerthError('unavailable', 'registry.short', words);
  }
}

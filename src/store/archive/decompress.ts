import { Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { BerthError } from '#base/errors.ts';
import { type Compression, detectCompression, MAGIC_BYTES } from './compression.ts';

/** Window sizes above this are refused: a frame may ask for gigabytes of memory. */
const ZSTD_WINDOW_LOG_MAX = 27;

/**
 * The plain bytes of a stream that may be compressed with gzip (several members are one stream) or zstd. A piece is valid until
 * the next one is asked for.
 *
 * @param source its `reuse` is called when each piece is used up before the next
 * @returns the compression found and the bytes; iterating throws invalid where the compressed data is damaged
 */
export async function decompress(
  source: AsyncIterable<Uint8Array> & { readonly reuse?: () => void },
): Promise<{ compression: Compression; bytes: AsyncIterable<Uint8Array> }> {
  const { head, all } = await peek(source, MAGIC_BYTES);
  const compression = detectCompression(head);
  if (compression === 'none') {
    source.reuse?.();
    return { compression, bytes: all };
  }
  return { compression, bytes: inflate(all, compression) };
}

async function* inflate(source: AsyncIterable<Uint8Array>, compression: 'gzip' | 'zstd'): AsyncIterable<Uint8Array> {
  const chunkSize = 256 * 1024;
  const inflater =
    compression === 'gzip'
      ? createGunzip({ chunkSize })
      : createZstdDecompress({ chunkSize, params: { [ZSTD_D_WINDOW_LOG_MAX]: ZSTD_WINDOW_LOG_MAX } });
  const input = Readable.from(source, { objectMode: false, highWaterMark: 1024 * 1024 });
  input.on('error', (error) => inflater.destroy(error));
  input.pipe(inflater);
  try {
    for await (const chunk of inflater as AsyncIterable<Buffer>) yield chunk;
  } catch (error) {
    if (!isZlibError(error)) throw error;
    const words = `damaged ${compression} data: ${error.message}`;
    throw new BerthError('invalid', 'archive.compressed-data', words, { cause: error });
  } finally {
    input.destroy();
    inflater.destroy();
  }
}

/** ZSTD_d_windowLogMax of zstd.h. */
const ZSTD_D_WINDOW_LOG_MAX = 100;

function isZlibError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && /^(Z_|ZSTD_|ERR_ZLIB|ERR_ZSTD)/.test(String(error.code));
}

/** Reads the first bytes and puts them back. */
async function peek(
  source: AsyncIterable<Uint8Array>,
  count: number,
): Promise<{ head: Uint8Array; all: AsyncIterable<Uint8Array> }> {
  const iterator = source[Symbol.asyncIterator]();
  const first: Uint8Array[] = [];
  let length = 0;
  while (length < count) {
    const next = await iterator.next();
    if (next.done === true) break;
    first.push(next.value);
    length += next.value.length;
  }
  const all = (async function* () {
    try {
      yield* first;
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.();
    }
  })();
  return { head: first.length === 1 ? first[0]! : Buffer.concat(first), all };
}

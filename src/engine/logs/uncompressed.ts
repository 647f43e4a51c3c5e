import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { LogFile } from './log-files.ts';

const RAW_CHUNK = 128 * 1024;
const PLAIN_CHUNK = 1024 * 1024;

async function* rawBytes(file: LogFile): AsyncGenerator<Buffer> {
  let position = 0;
  for (;;) {
    const chunk = Buffer.allocUnsafe(RAW_CHUNK);
    const { bytesRead } = await file.handle.read(chunk, 0, RAW_CHUNK, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield chunk.subarray(0, bytesRead);
  }
}

/** The content of a compressed file of a log from its beginning. The file stays open. */
export async function* uncompressed(file: LogFile): AsyncGenerator<Buffer> {
  const raw = Readable.from(rawBytes(file), { objectMode: false });
  const plain = createGunzip({ chunkSize: PLAIN_CHUNK });
  raw.on('error', (error) => plain.destroy(error));
  raw.pipe(plain);
  try {
    for await (const chunk of plain) yield chunk as Buffer;
  } finally {
    raw.destroy();
    plain.destroy();
  }
}

import { sendBytes } from '../worker/byte-port.ts';
import type { FileWorkers } from '../worker/file-workers.ts';
import type { ContentStore, SpooledBlob } from './content-store.ts';

/** Writes a stream to a temporary file in a worker and takes its digest. Nothing is left when it fails. */
export async function spoolStream(
  workers: FileWorkers,
  content: ContentStore,
  stream: AsyncIterable<Uint8Array>,
): Promise<SpooledBlob> {
  const path = content.temporaryPath();
  try {
    return await workers.runWithBytes('spoolBlob', { path }, (port) => sendBytes(port, stream));
  } catch (error) {
    await content.discard({ path });
    throw error;
  }
}

import { fstatSync, ReadStream } from 'node:fs';
import type { MessagePort } from 'node:worker_threads';
import { FilePieces } from '../archive/file-pieces.ts';
import { receiveBytes, sendBytes } from './byte-port.ts';
import type { FileWorkers } from './file-workers.ts';
import type { JobName, Jobs } from './jobs.ts';

/** Jobs that take bytes from somewhere. */
type SourceJob = {
  [N in JobName]: Parameters<Jobs[N]>[0] extends { readonly source: number | undefined } ? N : never;
}[JobName];

/**
 * Runs a job that takes bytes. They flow through a port; a file that this process has opened is read where the job runs.
 *
 * @param onNote called for each note of the job
 */
export async function runWithSource<N extends SourceJob>(
  workers: FileWorkers,
  name: N,
  job: Omit<Parameters<Jobs[N]>[0], 'source'>,
  source: AsyncIterable<Uint8Array>,
  onNote: () => void,
): Promise<Awaited<ReturnType<Jobs[N]>>> {
  const fd = openedFile(source);
  const whole = { ...job, source: fd } as unknown as Parameters<Jobs[N]>[0];
  if (fd === undefined) return await workers.runWithBytes(name, whole, (port) => sendBytes(port, source, onNote));
  try {
    return await workers.runWithBytes(name, whole, (port) => untilClosed(port, onNote));
  } finally {
    (source as ReadStream).destroy();
  }
}

/** The bytes in the job of {@link runWithSource}. */
export function bytesOfSource(
  source: number | undefined,
  port: MessagePort,
): AsyncIterable<Uint8Array> & { reuse?(): void } {
  return source === undefined ? receiveBytes(port) : new FilePieces(source);
}

/** The descriptor of a regular file that nobody has begun to read. */
function openedFile(source: AsyncIterable<Uint8Array>): number | undefined {
  if (!(source instanceof ReadStream) || source.bytesRead > 0) return undefined;
  const fd: unknown = (source as { fd?: unknown }).fd;
  return typeof fd === 'number' && fstatSync(fd).isFile() ? fd : undefined;
}

function untilClosed(port: MessagePort, onNote: () => void): Promise<void> {
  return new Promise((resolve) => {
    port.on('message', onNote);
    port.on('close', resolve);
  });
}

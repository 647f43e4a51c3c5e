/** Writing to the command's standard output and error: with back-pressure, to the last byte, and without a crash when the reader is gone. */
import type { Readable, Writable } from 'node:stream';
import { isErrno } from '#base/errors.ts';

/** Resolves when everything written so far has left the process. @throws the stream's error, such as EPIPE */
export function flushed(output: Writable): Promise<void> {
  return new Promise((resolve, reject) => {
    output.write('', (error) => (error ? reject(error) : resolve()));
  });
}

/** Writes; resolves when the stream takes more. */
export function write(output: Writable, data: Uint8Array | string): Promise<void> | undefined {
  if (output.write(data)) return undefined;
  // One that broke earlier has told so already and says nothing more.
  if (output.destroyed)
    return Promise.reject(
      output.errored ?? Object.assign(new Error('the output is closed'), { code: 'ERR_STREAM_DESTROYED' }),
    );
  return new Promise((resolve, reject) => {
    const settle = (error?: Error) => {
      output.off('drain', settle);
      output.off('error', settle);
      output.off('close', settle);
      if (error === undefined) resolve();
      else reject(error);
    };
    output.once('drain', settle);
    output.once('error', settle);
    output.once('close', settle);
  });
}

/** Copies a stream to an output that stays open; resolves when all of it is written. */
export async function copyTo(source: Readable, output: Writable): Promise<void> {
  for await (const chunk of source) {
    const blocked = write(output, chunk as Uint8Array);
    if (blocked !== undefined) await blocked;
  }
}

/**
 * Keeps a broken output from ending the process by itself: the error reaches whoever writes.
 *
 * @returns takes the guard away again
 */
export function guardOutputs(...outputs: readonly Writable[]): () => void {
  const ignore = () => {};
  for (const output of outputs) output.on('error', ignore);
  return () => {
    for (const output of outputs) output.off('error', ignore);
  };
}

/** True for the failure of writing to something that nobody reads any more, be it a pipe or a socket. */
export function isBrokenPipe(error: unknown): boolean {
  return isErrno(error, 'EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED');
}

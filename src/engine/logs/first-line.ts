import type { LogFile } from './log-files.ts';
import { uncompressed } from './uncompressed.ts';

/** More than any line that a keeper writes at once; longer ones are compared by their beginning. */
const BLOCK = 128 * 1024;

function upToNewline(data: Buffer): string {
  const newline = data.indexOf(0x0a);
  return data.toString('latin1', 0, Math.min(newline === -1 ? data.length : newline, BLOCK));
}

/** The first line of a file of a log: its time and message tell the file from every other. Empty for an empty file. */
export async function firstLine(file: LogFile): Promise<string> {
  if (!file.compressed) {
    const block = Buffer.allocUnsafe(BLOCK);
    const { bytesRead } = await file.handle.read(block, 0, BLOCK, 0);
    return upToNewline(block.subarray(0, bytesRead));
  }
  for await (const chunk of uncompressed(file)) return upToNewline(chunk);
  return '';
}

/** Where a file is among others, compressed or not; -1 when it is not there any more. */
export async function findByFirstLine(files: readonly LogFile[], wanted: LogFile): Promise<number> {
  const line = await firstLine(wanted);
  for (const [index, file] of files.entries()) if ((await firstLine(file)) === line) return index;
  return -1;
}

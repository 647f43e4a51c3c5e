import { ftruncateSync } from 'node:fs';
import { errno, lastError, libc } from './libc.ts';

const SEEK_DATA = 3;
const SEEK_HOLE = 4;
const ENXIO = 6;
const FICLONE = 0x40049409;
const PIECE = 64 * 1024 * 1024;

/** One stretch of data in a file. */
export interface DataRun {
  readonly offset: number;
  readonly size: number;
}

/** The stretches of a file that hold data; what lies between them is a hole (lseek(2), SEEK_DATA). */
export function dataRuns(fd: number, size: number): DataRun[] {
  const runs: DataRun[] = [];
  let at = 0;
  while (at < size) {
    const offset = Number(libc.lseek(fd, at, SEEK_DATA));
    if (offset < 0) {
      if (errno() === ENXIO) break;
      throw lastError('lseek', '');
    }
    const end = Math.min(Number(libc.lseek(fd, offset, SEEK_HOLE)), size);
    if (end <= offset) break;
    runs.push({ offset, size: end - offset });
    at = end;
  }
  return runs;
}

/** Copies a file's data in the kernel, sharing it where the file system can, and keeps its holes. */
export function copyData(from: number, to: number, size: number): void {
  if (size === 0) return;
  if (Number(libc.ioctlFd(to, FICLONE, 'int', from)) === 0) return;
  const offsets = [Buffer.alloc(8), Buffer.alloc(8)] as const;
  for (const run of dataRuns(from, size)) {
    let at = run.offset;
    const end = run.offset + run.size;
    while (at < end) {
      for (const offset of offsets) offset.writeBigInt64LE(BigInt(at));
      const count = Number(libc.copyFileRange(from, offsets[0], to, offsets[1], Math.min(PIECE, end - at), 0));
      if (count < 0) throw lastError('copy_file_range', '');
      if (count === 0) break;
      at += count;
    }
  }
  ftruncateSync(to, size);
}

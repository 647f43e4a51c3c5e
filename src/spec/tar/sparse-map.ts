import { BLOCK, number } from './header-block.ts';
import { decimal } from './pax-records.ts';
import type { SparseRun } from './tar-entry.ts';
import { tarError, tarTooLarge } from './tar-error.ts';

/** More runs than this are refused; GNU tar writes one per hole. */
const RUNS_MAX = 1_000_000;

/** Runs in an old GNU header (4, at 386) or one of its extension blocks (21, at 0) of 24 bytes each. */
export function readOldGnuRuns(block: Buffer, offset: number, count: number, into: SparseRun[]): void {
  for (let i = 0; i < count; i++) {
    const at = offset + i * 24;
    if (block[at] === 0) return;
    into.push({ offset: number(block, at, 12, 'sparse offset'), size: number(block, at + 12, 12, 'sparse size') });
  }
  if (into.length > RUNS_MAX) throw tarTooLarge(`a file has more than ${RUNS_MAX} holes`);
}

/** `offset,size,offset,size,...` of GNU sparse format 0.1. */
export function parseSparseList(list: string): SparseRun[] {
  const parts = list === '' ? [] : list.split(',');
  if (parts.length % 2 !== 0) throw tarError('sparse map of odd length');
  if (parts.length / 2 > RUNS_MAX) throw tarTooLarge(`a file has more than ${RUNS_MAX} holes`);
  const runs: SparseRun[] = [];
  for (let i = 0; i < parts.length; i += 2) {
    runs.push({ offset: decimal(parts[i]!, 'sparse offset'), size: decimal(parts[i + 1]!, 'sparse size') });
  }
  return runs;
}

/**
 * Reads the map that GNU sparse format 1.0 puts in front of the data: a count, then offset and size of each run, one decimal
 * number a line, padded to a block.
 *
 * @param data the data read so far
 * @returns undefined when more data is needed; otherwise the runs and how many bytes the map takes
 */
export function readSparsePreamble(data: string): { runs: SparseRun[]; length: number } | undefined {
  let at = 0;
  const next = (): number | undefined => {
    const end = data.indexOf('\n', at);
    if (end < 0) {
      if (data.length - at > 20) throw tarError('malformed sparse map');
      return undefined;
    }
    const value = decimal(data.slice(at, end), 'sparse map');
    at = end + 1;
    return value;
  };
  const count = next();
  if (count === undefined) return undefined;
  if (count > RUNS_MAX) throw tarTooLarge(`a file has more than ${RUNS_MAX} holes`);
  const runs: SparseRun[] = [];
  for (let i = 0; i < count; i++) {
    const offset = next();
    const size = offset === undefined ? undefined : next();
    if (offset === undefined || size === undefined) return undefined;
    runs.push({ offset, size });
  }
  const length = Math.ceil(at / BLOCK) * BLOCK;
  return length > data.length ? undefined : { runs, length };
}

/**
 * Checks that runs are in order, apart and inside the file, and hold exactly the data that follows.
 *
 * @param size bytes of the whole file
 * @param stored bytes of data in the archive
 */
export function checkSparseRuns(runs: readonly SparseRun[], size: number, stored: number): SparseRun[] {
  let end = 0;
  let sum = 0;
  for (const run of runs) {
    if (run.offset < end || run.offset + run.size > size) throw tarError('sparse map out of order or past the end');
    end = run.offset + run.size;
    sum += run.size;
  }
  if (sum !== stored) throw tarError('sparse map does not match the data');
  return runs.filter((run) => run.size > 0);
}

import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '#base/errors.ts';
import { formatTimeNs } from '#base/time.ts';
import { decodeFailure, type PlanFailure } from './plan-error.ts';

/** How a supervised process ended. */
export interface ExitRecord {
  readonly pid: number;
  /** As a shell would say it: 128 + signal for a process that was killed. */
  readonly exitCode: number;
  /** Number of the signal that ended it; absent when it exited. */
  readonly signal?: number;
  /** RFC 3339 with nanoseconds, UTC. */
  readonly startedAt: string;
  readonly finishedAt: string;
  /** Contents of the plan's `exit.collect` files at the exit, by name; files that could not be read are absent. */
  readonly collected: Readonly<Record<string, string>>;
  /** Bytes of log that could not be written (disk full). */
  readonly logDroppedBytes: number;
  /** Cleanup ops that failed: how many, and the first. */
  readonly cleanup?: { readonly failed: number; readonly first: PlanFailure };
}

/** Parses the keeper's record: `key=value` lines, then `file NAME LENGTH` with that many bytes each. */
export function parseExitRecord(bytes: Buffer): ExitRecord {
  const fields = new Map<string, string>();
  const files = new Map<string, Buffer>();
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(10, at);
    const line = bytes.toString('utf8', at, end < 0 ? bytes.length : end);
    at = end < 0 ? bytes.length : end + 1;
    const file = /^file (.*) (\d+)$/.exec(line);
    if (file === null) {
      const equals = line.indexOf('=');
      fields.set(line.slice(0, equals), line.slice(equals + 1));
      continue;
    }
    const length = Number(file[2]);
    files.set(file[1] ?? '', bytes.subarray(at, at + length));
    at += length + 1;
  }
  return recordOf(fields, files);
}

function recordOf(fields: ReadonlyMap<string, string>, files: Map<string, Buffer>): ExitRecord {
  const number = (key: string) => Number(fields.get(key) ?? '0');
  const time = (key: string) => formatTimeNs(BigInt(fields.get(key) ?? '0'));
  const failure = files.get('cleanup-failure');
  files.delete('cleanup-failure');
  const signal = number('signal');
  return {
    pid: number('pid'),
    exitCode: number('code'),
    ...(signal === 0 ? {} : { signal }),
    startedAt: time('started'),
    finishedAt: time('finished'),
    collected: Object.fromEntries([...files].map(([name, content]) => [name, content.toString()])),
    logDroppedBytes: number('log-dropped'),
    ...(failure === undefined ? {} : { cleanup: { failed: number('cleanup-failed'), first: decodeFailure(failure) } }),
  };
}

/**
 * The exit record of a run folder, which is there once the process has ended and the plan's cleanup is done.
 *
 * @param o.keeperGone the keeper is known to be dead: a record it wrote before a cleanup that it could not finish counts too
 * @returns `undefined` while the process runs, and when the keeper was killed before the process ended
 */
export function readExitRecord(runDir: string, o: { readonly keeperGone?: boolean } = {}): ExitRecord | undefined {
  const record = readRecord(join(runDir, 'exit'));
  if (record !== undefined || o.keeperGone !== true) return record;
  // The keeper may have renamed the one to the other between two looks.
  return readRecord(join(runDir, 'exit.early')) ?? readRecord(join(runDir, 'exit'));
}

function readRecord(path: string): ExitRecord | undefined {
  // Most often there is none yet, and an error costs more than a look.
  if (!existsSync(path)) return undefined;
  try {
    return parseExitRecord(readFileSync(path));
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

/** When the process of a run folder became its program (ns since the epoch); `undefined` when it never did. */
export function readStartTimeNs(runDir: string): bigint | undefined {
  try {
    return BigInt(readlinkSync(join(runDir, 'started')));
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

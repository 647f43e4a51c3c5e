import { writeFileSync } from 'node:fs';
import { BerthError, isErrno, messageOf } from '#base/errors.ts';
import { readTextIfPresent } from './host.ts';

/**
 * Writes a control file with one write(2).
 *
 * @param setting what is being set, in words of config.json, for the error
 * @throws BerthError `not-found` when the group does not exist, `invalid` when the kernel refuses the value
 */
export function writeControl(file: string, data: string, setting: string): void {
  try {
    writeFileSync(file, data, { flag: 'r+' });
  } catch (error) {
    throw describeFailure(error, file, data, setting);
  }
}

/** @throws BerthError `not-found` when the group does not exist */
export function readControl(file: string): string {
  const text = readTextIfPresent(file);
  if (text === undefined) throw groupGone(file);
  return text;
}

/** A control file's number; `max`, and v1's largest value, are Infinity. `undefined` when the file does not exist. */
export function readLimit(file: string): number | undefined {
  const text = readTextIfPresent(file)?.trim();
  if (text === undefined || text === '') return undefined;
  if (text === 'max') return Number.POSITIVE_INFINITY;
  const value = Number(text);
  return value >= V1_UNLIMITED ? Number.POSITIVE_INFINITY : value;
}

/** A control file's number, 0 when the file does not exist. */
export function readCount(file: string): number {
  return Number(readTextIfPresent(file)?.trim() ?? 0);
}

/** Lines of `key value`. */
export function parseKeyed(text: string): Record<string, number> {
  const entries: Record<string, number> = {};
  for (const line of text.split('\n')) {
    const blank = line.indexOf(' ');
    if (blank > 0) entries[line.slice(0, blank)] = Number(line.slice(blank + 1));
  }
  return entries;
}

/** v1 shows "no limit" as the largest multiple of a page; whatever is over 2^62 is none. */
const V1_UNLIMITED = 2 ** 62;

function groupGone(file: string): BerthError {
  return new BerthError(
    'not-found',
    'cgroup.gone',
    `control file ${file} does not exist: the container is not running`,
  );
}

const REASONS: Readonly<Record<string, string>> = {
  EINVAL: 'the kernel does not accept this value',
  EBUSY: 'it is in use, or more is in use than that',
  ERANGE: 'it is out of range',
  EACCES: 'the parent group does not have it, or permission is missing',
  EPERM: 'the parent group does not allow it, or permission is missing',
  ENOSPC: 'the group would be left without any cpu or memory node',
  EOPNOTSUPP: 'the kernel does not support it',
  ENODEV: 'there is no such device',
};

function describeFailure(error: unknown, file: string, data: string, setting: string): unknown {
  if (isErrno(error, 'ENOENT')) return groupGone(file);
  if (!(error instanceof Error) || !('code' in error)) return error;
  const code = String(error.code);
  const reason = REASONS[code] ?? messageOf(error);
  return new BerthError(
    'invalid',
    'cgroup.write',
    `cannot set ${setting} to ${JSON.stringify(data)}: ${reason} (${code})`,
    {
      cause: error,
      details: { path: file, errno: code },
    },
  );
}

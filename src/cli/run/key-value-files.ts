/** Files of `--env-file` and `--label-file`: a `name=value` a line. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { cut } from '#base/cut.ts';
import { fileError } from '../file-error.ts';
import type { RunHost } from './run-host.ts';

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function* linesOf(bytes: Buffer): Generator<Buffer> {
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(10, from);
    const line = bytes.subarray(from, end === -1 ? bytes.length : end);
    yield line.at(-1) === 13 ? line.subarray(0, -1) : line;
    from = end === -1 ? bytes.length : end + 1;
  }
}

function decode(line: Buffer, number: number): string {
  try {
    return DECODER.decode(line);
  } catch {
    throw new Error(`invalid utf8 bytes at line ${number}: [${[...line].join(' ')}]`);
  }
}

function parseLines(bytes: Buffer, lookUp: ((name: string) => string | undefined) | undefined): string[] {
  const entries: string[] = [];
  let number = 0;
  for (const raw of linesOf(bytes)) {
    number++;
    const text = decode(raw, number);
    const line = (number === 1 ? text.replace(/^\ufeff/, '') : text).trimStart();
    if (line === '' || line.startsWith('#')) continue;
    const [name, value] = cut(line, '=');
    if (name === '') throw new Error(`no variable name on line '${line}'`);
    if (/[ \t]/.test(name)) throw new Error(`variable '${name}' contains whitespaces`);
    const found = value === undefined ? lookUp?.(name) : undefined;
    if (value !== undefined) entries.push(line);
    else if (found !== undefined) entries.push(`${name}=${found}`);
  }
  return entries;
}

function readEntries(
  paths: readonly string[],
  host: RunHost,
  lookUp?: (name: string) => string | undefined,
): readonly string[] {
  return paths.flatMap((path) => {
    let bytes: Buffer;
    try {
      bytes = readFileSync(resolve(host.cwd, path));
    } catch (error) {
      const reason = fileError(error, path);
      throw new Error(reason.startsWith('read ') ? `invalid env file (${path}): ${reason}` : reason);
    }
    try {
      return parseLines(bytes, lookUp);
    } catch (error) {
      throw new Error(`invalid env file (${path}): ${(error as Error).message}`);
    }
  });
}

/**
 * Entries of environment files in order; a name without a value takes the environment's, or is left out.
 *
 * @throws Error in docker's words
 */
export function readEnvironmentFiles(paths: readonly string[], host: RunHost): readonly string[] {
  return readEntries(paths, host, (name) => host.env[name]);
}

/** Entries of label files in order; a name without a value is left out. @throws Error in docker's words */
export function readLabelFiles(paths: readonly string[], host: RunHost): readonly string[] {
  return readEntries(paths, host);
}

/** The values of `--security-opt`. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { cut } from '#base/cut.ts';
import { messageOf } from '#base/errors.ts';
import { fileError } from '../file-error.ts';
import { goQuote } from '../flag-error.ts';
import { compactJson } from './compact-json.ts';

function profileText(path: string, cwd: string): string {
  let text: string;
  try {
    text = readFileSync(resolve(cwd, path), 'utf8');
  } catch (error) {
    throw new Error(`opening seccomp profile (${path}) failed: ${fileError(error, path)}`);
  }
  try {
    return compactJson(text);
  } catch (error) {
    throw new Error(`compacting json for seccomp profile (${path}) failed: ${messageOf(error)}`);
  }
}

function parseOption(text: string, cwd: string): string {
  let [key, value] = cut(text, '=');
  if (value === undefined && key !== 'no-new-privileges') [key, value] = cut(text, ':');
  if (!value && key !== 'no-new-privileges') throw new Error(`Invalid --security-opt: ${goQuote(text)}`);
  if (key !== 'seccomp' || value === undefined || value === 'builtin' || value === 'unconfined') return text;
  return `seccomp=${profileText(value, cwd)}`;
}

export interface SecurityOptions {
  readonly options: readonly string[] | null;
  /** True for `systempaths=unconfined`, which is said by empty lists of masked and read-only paths. */
  readonly openSystemPaths: boolean;
}

/** A file of a seccomp profile is read here and sent as its text. @throws Error in docker's words */
export function parseSecurityFlag(values: readonly string[], cwd: string): SecurityOptions {
  const parsed = values.map((value) => parseOption(value, cwd));
  const options = parsed.filter((option) => option !== 'systempaths=unconfined');
  return { options: values.length === 0 ? null : options, openSystemPaths: options.length < parsed.length };
}

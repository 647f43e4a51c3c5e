/** The client's own configuration: `config.json` in the directory that `--config` names. */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isErrno, messageOf } from '#base/errors.ts';
import type { Context } from './command.ts';
import { ExitFailure } from './failure.ts';

/** What Berth reads of docker's `config.json`. */
export interface ClientConfig {
  readonly psFormat?: string;
  readonly imagesFormat?: string;
  readonly networksFormat?: string;
  readonly volumesFormat?: string;
  readonly statsFormat?: string;
  readonly detachKeys?: string;
}

const NAMES = ['psFormat', 'imagesFormat', 'networksFormat', 'volumesFormat', 'statsFormat', 'detachKeys'] as const;

/** The configuration; nothing is set where there is no file. @throws ExitFailure for a file that is no such document */
export function configOf(context: Pick<Context, 'options'>): ClientConfig {
  const path = join(context.options.config ?? join(homedir(), '.berth'), 'config.json');
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return {};
    throw new ExitFailure(1, `read the configuration ${path}: ${messageOf(error)}`);
  }
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new ExitFailure(1, `read the configuration ${path}: ${messageOf(error)}`);
  }
  if (typeof document !== 'object' || document === null) return {};
  const config: Partial<Record<(typeof NAMES)[number], string>> = {};
  for (const [name, value] of Object.entries(document)) {
    const known = NAMES.find((candidate) => candidate === name);
    if (known !== undefined && typeof value === 'string') config[known] = value;
  }
  return config;
}

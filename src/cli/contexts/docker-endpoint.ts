/** The value of `--docker`: where a context's engine is. */
import { readFileSync } from 'node:fs';
import { messageOf } from '#base/errors.ts';
import { parseEngineHost } from '#client/engine-host.ts';
import { ExitFailure } from '../failure.ts';
import { readCsvRecord } from '../run/csv-record.ts';
import type { ContextStore, StoredContext, TlsFile } from './context-store.ts';
import { TLS_FILES } from './context-store.ts';

const KEYS = ['from', 'host', 'ca', 'cert', 'key', 'skip-tls-verify'];
const FALSE = ['0', 'f', 'F', 'false', 'FALSE', 'False', ''];
const TRUE = ['1', 't', 'T', 'true', 'TRUE', 'True'];

/** An endpoint as it is stored, with its certificates. */
export interface DockerEndpoint {
  readonly endpoint: NonNullable<StoredContext['Endpoints']['docker']>;
  readonly tls: Partial<Record<TlsFile, Buffer>>;
}

function fail(why: string): ExitFailure {
  return new ExitFailure(1, `unable to create docker endpoint config: ${why}`);
}

/** Reads `host=…,ca=…`. @throws ExitFailure for what has no key */
export function readAssignments(values: readonly string[]): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const pair of values.flatMap((value) => readCsvRecord(value))) {
    const at = pair.indexOf('=');
    if (at === -1)
      throw new ExitFailure(
        125,
        `invalid argument "${values.join(',')}" for "--docker" flag: ${pair} must be formatted as key=value`,
      );
    found[pair.slice(0, at)] = pair.slice(at + 1);
  }
  return found;
}

function isSkipping(text: string): boolean {
  if (TRUE.includes(text)) return true;
  if (FALSE.includes(text)) return false;
  throw fail(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
}

function readFiles(given: Readonly<Record<string, string>>): Partial<Record<TlsFile, Buffer>> {
  const files: Partial<Record<TlsFile, Buffer>> = {};
  for (const name of TLS_FILES) {
    const path = given[name];
    if (path === undefined) continue;
    try {
      files[name] = readFileSync(path);
    } catch (error) {
      throw fail(messageOf(error));
    }
  }
  return files;
}

/** Makes the endpoint that the assignments describe. @throws ExitFailure in docker's words */
export function dockerEndpoint(given: Readonly<Record<string, string>>, store: ContextStore): DockerEndpoint {
  const unknown = Object.keys(given).filter((name) => !KEYS.includes(name));
  if (unknown.length > 0) throw fail(`unrecognized config key: ${unknown.join(', ')}`);
  const from = given['from'];
  if (from !== undefined && from !== 'default') {
    const endpoint = store.read(from).Endpoints.docker;
    return { endpoint: endpoint ?? { SkipTLSVerify: false }, tls: store.readTls(from) };
  }
  const host = given['host'] ?? 'unix:///run/berth.sock';
  try {
    parseEngineHost(host);
  } catch (error) {
    throw fail(`unable to apply docker endpoint options: ${messageOf(error)}`);
  }
  return { endpoint: { Host: host, SkipTLSVerify: isSkipping(given['skip-tls-verify'] ?? '') }, tls: readFiles(given) };
}

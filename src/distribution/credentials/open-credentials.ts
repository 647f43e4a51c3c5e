import { homedir } from 'node:os';
import { join } from 'node:path';
import { runFilter } from '#sys/run-filter.ts';
import { type CredentialStore, openCredentialStore } from './credential-store.ts';

/** A helper may ask its user something. */
const TIMEOUT_MS = 120_000;

/** The credentials of the user: in `directory`, else where Docker's client has them. */
export function openCredentials(
  directory: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): CredentialStore {
  const place = directory ?? (env['DOCKER_CONFIG'] || join(env['HOME'] || homedir(), '.docker'));
  return openCredentialStore(place, (program, args, stdin) => runFilter(program, args, stdin, TIMEOUT_MS));
}

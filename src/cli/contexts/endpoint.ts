/** Which engine a command line is for, and how it is reached. */

import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { completeHost } from '#client/engine-host.ts';
import type { CliHost, GlobalOptions, TlsOptions } from '../command.ts';
import { ExitFailure } from '../failure.ts';
import { fileError } from '../file-error.ts';
import { ContextStore, contextFolder, DEFAULT_CONTEXT, TLS_FILES, type TlsFile } from './context-store.ts';
import { currentContext } from './current-context.ts';

/** An engine behind a socket. */
export interface Endpoint {
  readonly host: string;
  readonly tls?: {
    readonly ca?: Buffer;
    readonly cert?: Buffer;
    readonly key?: Buffer;
    readonly rejectUnauthorized: boolean;
  };
}

function readPem(path: string, isRequired: boolean): Buffer | undefined {
  if (!isRequired && !existsSync(path)) return undefined;
  try {
    return readFileSync(path);
  } catch (error) {
    throw new ExitFailure(1, `unable to resolve docker endpoint: ${fileError(error, path)}`);
  }
}

/** The files of `--tlscacert` and its like, with docker's places for those that are not named. */
function tlsOf(options: TlsOptions, config: string | undefined, env: CliHost['env']): Endpoint['tls'] {
  const isVerified = options.verify ?? (env['DOCKER_TLS_VERIFY'] ?? '') !== '';
  if (!isVerified && !options.use) return undefined;
  const folder = env['DOCKER_CERT_PATH'] || (config ?? join(homedir(), '.berth'));
  const given: Readonly<Record<TlsFile, string | undefined>> = options;
  const files: Partial<Record<TlsFile, Buffer>> = {};
  for (const name of TLS_FILES) {
    if (name === 'ca' && !isVerified) continue;
    // As with docker, whom to trust must be said; who the client is need not.
    const bytes = readPem(given[name] ?? join(folder, `${name}.pem`), name === 'ca' || given[name] !== undefined);
    if (bytes !== undefined) files[name] = bytes;
  }
  return { ...files, rejectUnauthorized: isVerified };
}

function contextEndpoint(name: string, options: GlobalOptions, env: CliHost['env']): Endpoint {
  const store = new ContextStore(contextFolder(options, env));
  const endpoint = store.read(name).Endpoints.docker;
  const files = store.readTls(name);
  const host = endpoint?.Host || 'unix:///var/run/docker.sock';
  const isSecure = Object.keys(files).length > 0 || endpoint?.SkipTLSVerify === true;
  if (!isSecure) return { host };
  return { host, tls: { ...files, rejectUnauthorized: endpoint?.SkipTLSVerify !== true } };
}

/**
 * The engine that the options name. In this order: `--host` or BERTH_HOST, `--context`, the root given by `--root` or BERTH_ROOT,
 * DOCKER_HOST, DOCKER_CONTEXT, the context in use.
 *
 * @returns `undefined` for the engine of the root on this machine
 * @throws not-found for a context that is not there
 */
export function findEndpoint(options: GlobalOptions, env: CliHost['env']): Endpoint | undefined {
  const { host, context } = options;
  if (host !== undefined && context !== undefined && options.isHostGiven)
    throw new ExitFailure(1, 'conflicting options: cannot specify both --host and --context');
  const wanted = context === undefined ? (host ?? (options.isRootGiven ? undefined : env['DOCKER_HOST'])) : undefined;
  if (wanted) {
    const tls = wanted.startsWith('unix:') ? undefined : tlsOf(options.tls, options.config, env);
    return { host: completeHost(wanted, tls !== undefined), ...(tls === undefined ? {} : { tls }) };
  }
  const name = currentContext(options, env);
  return name === DEFAULT_CONTEXT ? undefined : contextEndpoint(name, options, env);
}

/** Which context is in use: docker's order of option, environment and configuration. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { messageOf } from '#base/errors.ts';
import type { CliHost, GlobalOptions } from '../command.ts';
import { ExitFailure } from '../failure.ts';
import { DEFAULT_CONTEXT } from './context-store.ts';

function configFile(options: Pick<GlobalOptions, 'config'>): string {
  return join(options.config ?? join(homedir(), '.berth'), 'config.json');
}

function readConfig(path: string): Record<string, unknown> {
  if (!existsSync(path)) return {};
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  } catch (error) {
    throw new ExitFailure(1, `read the configuration ${path}: ${messageOf(error)}`);
  }
}

/** What overrides the context of the configuration, by its name in messages. */
export function contextOverride(options: GlobalOptions, env: CliHost['env']): string | undefined {
  if (options.host !== undefined || options.isRootGiven) return '';
  if (env['DOCKER_HOST']) return 'DOCKER_HOST';
  return env['DOCKER_CONTEXT'] ? 'DOCKER_CONTEXT' : undefined;
}

/** The name of the context in use; `default` is the engine of this machine, or whatever a host was given for. */
export function currentContext(options: GlobalOptions, env: CliHost['env']): string {
  if (options.context !== undefined) return options.context;
  const override = contextOverride(options, env);
  if (override === 'DOCKER_CONTEXT') return env['DOCKER_CONTEXT'] as string;
  if (override !== undefined) return DEFAULT_CONTEXT;
  const configured = readConfig(configFile(options))['currentContext'];
  return typeof configured === 'string' && configured !== '' ? configured : DEFAULT_CONTEXT;
}

/** Makes a context the one in use from now on, in Berth's own configuration: docker's client goes on with its own. */
export function useContext(options: GlobalOptions, name: string): void {
  const path = configFile(options);
  const { currentContext: _, ...rest } = readConfig(path);
  const next = name === DEFAULT_CONTEXT ? rest : { ...rest, currentContext: name };
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(`${path}.new`, `${JSON.stringify(next, null, '\t')}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BerthError } from '#base/errors.ts';
import type { OciConfig } from '#spec/oci-runtime/config.ts';
import type { FlagValues } from '../cli/arguments.ts';
import { exampleConfig } from '../example-config.ts';
import type { ExitStatus, RuntimeContext } from './runtime-context.ts';

/** `spec`: writes a config.json to start from. */
export async function spec(context: RuntimeContext, flags: FlagValues): Promise<ExitStatus> {
  const path = join(resolve(flags.text('bundle') ?? '.'), 'config.json');
  if (existsSync(path)) {
    throw new BerthError('conflict', 'spec.exists', `File ${path} exists. Remove it first`);
  }
  const rootless = flags.flag('rootless') ? { uid: context.facts.uid, gid: process.getegid?.() ?? 0 } : undefined;
  const config = withUsualNamespaces(exampleConfig(rootless), context);
  writeFileSync(path, `${JSON.stringify(config, undefined, '\t')}\n`, { mode: 0o666 });
  return 0;
}

/** On v1 a cgroup namespace is not usual: those who add one to what runc writes would have it twice. */
function withUsualNamespaces(config: OciConfig, { facts }: RuntimeContext): OciConfig {
  if (facts.cgroups?.version !== 1) return config;
  const namespaces = (config.linux?.namespaces ?? []).filter(({ type }) => type !== 'cgroup');
  return { ...config, linux: { ...config.linux, namespaces } };
}

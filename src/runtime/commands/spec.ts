import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BerthError } from '#base/errors.ts';
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
  writeFileSync(path, `${JSON.stringify(exampleConfig(rootless), undefined, '\t')}\n`, { mode: 0o666 });
  return 0;
}

/** `context rm`: https://docs.docker.com/reference/cli/docker/context/rm/ */
import type { Context, Invocation } from '../command.ts';
import { ContextStore, contextFolder, DEFAULT_CONTEXT } from '../contexts/context-store.ts';
import { currentContext, useContext } from '../contexts/current-context.ts';
import { ExitFailure } from '../failure.ts';

export async function run(context: Context, { args, flags }: Invocation): Promise<number> {
  const store = new ContextStore(contextFolder(context.options, context.env));
  const current = currentContext(context.options, context.env);
  const failures: string[] = [];
  for (const name of args) {
    if (name === DEFAULT_CONTEXT) failures.push('context "default" cannot be removed');
    else if (!store.has(name)) {
      if (!flags.bool('force')) failures.push(`context "${name}" does not exist`);
    } else if (name === current && !flags.bool('force'))
      failures.push(`context "${name}" is in use, set -f flag to force remove`);
    else {
      if (name === current) useContext(context.options, DEFAULT_CONTEXT);
      store.remove(name);
      context.stdout.write(`${name}\n`);
    }
  }
  if (failures.length > 0) throw new ExitFailure(1, failures.join('\n'));
  return 0;
}

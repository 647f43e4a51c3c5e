/** `context use`: https://docs.docker.com/reference/cli/docker/context/use/ */
import type { Context, Invocation } from '../command.ts';
import { ContextStore, contextFolder, DEFAULT_CONTEXT } from '../contexts/context-store.ts';
import { contextOverride, useContext } from '../contexts/current-context.ts';

export async function run(context: Context, { args }: Invocation): Promise<number> {
  const name = args[0] as string;
  if (name !== DEFAULT_CONTEXT) new ContextStore(contextFolder(context.options, context.env)).read(name);
  useContext(context.options, name);
  context.stdout.write(`${name}\n`);
  context.stderr.write(`Current context is now "${name}"\n`);
  const override = contextOverride(context.options, context.env);
  if (name !== DEFAULT_CONTEXT && override)
    context.stderr.write(
      `Warning: ${override} environment variable overrides the active context. To use "${name}", either set the global --context flag, or unset ${override} environment variable.\n`,
    );
  return 0;
}

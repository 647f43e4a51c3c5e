/** `context show`: https://docs.docker.com/reference/cli/docker/context/show/ */
import type { Context } from '../command.ts';
import { currentContext } from '../contexts/current-context.ts';

export async function run(context: Context): Promise<number> {
  context.stdout.write(`${currentContext(context.options, context.env)}\n`);
  return 0;
}

/** `rename`: https://docs.docker.com/reference/cli/docker/container/rename/ */
import type { Context, Invocation } from '../command.ts';
import { ExitFailure, failureText } from '../failure.ts';

export async function run(context: Context, { args }: Invocation): Promise<number> {
  const [from = '', to = ''] = args.map((name) => name.trim());
  if (from === '' || to === '') throw new ExitFailure(1, 'Error: Neither old nor new names may be empty');
  const client = await context.client();
  try {
    await client.containers.rename(from, to, context.signal);
  } catch (error) {
    throw new ExitFailure(1, `${failureText(error)}\nError: failed to rename container named ${from}`);
  }
  return 0;
}

/** `diff`: https://docs.docker.com/reference/cli/docker/container/diff/ */
import type { Context, Invocation } from '../command.ts';
import { ExitFailure } from '../failure.ts';

const LETTERS = ['C', 'A', 'D'];

export async function run(context: Context, { args }: Invocation): Promise<number> {
  const container = args[0] ?? '';
  if (container === '') throw new ExitFailure(1, 'Container name cannot be empty');
  const client = await context.client();
  const changes = await client.containers.changes(container, context.signal);
  context.stdout.write(changes.map(({ Kind, Path }) => `${LETTERS[Kind] ?? ''} ${Path}\n`).join(''));
  return 0;
}

/** `wait`: https://docs.docker.com/reference/cli/docker/container/wait/ */
import type { Context, Invocation } from '../command.ts';
import { ExitFailure, failureText } from '../failure.ts';

export async function run(context: Context, { args }: Invocation): Promise<number> {
  const client = await context.client();
  const failures: string[] = [];
  for (const name of args) {
    try {
      const { done } = await client.containers.wait(name, undefined, context.signal);
      context.stdout.write(`${(await done).StatusCode}\n`);
    } catch (error) {
      failures.push(failureText(error));
    }
  }
  if (failures.length > 0) throw new ExitFailure(1, failures.join('\n'));
  return 0;
}

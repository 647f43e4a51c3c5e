/** `volume rename`, Berth's own. */
import type { Context, Invocation } from '../command.ts';

export async function run(context: Context, { args }: Invocation): Promise<number> {
  const [name = '', next = ''] = args;
  const client = await context.client();
  await client.volumes.rename(name, next, context.signal);
  return 0;
}

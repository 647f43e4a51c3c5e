import type { Context, Invocation } from '../command.ts';

export async function run(context: Context, _call: Invocation): Promise<number> {
  const client = await context.client();
  context.stdout.write(`${JSON.stringify(await client.system.version(context.signal))}\n`);
  return 0;
}

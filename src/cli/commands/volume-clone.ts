/** `volume clone`, Berth's own. */
import { cut } from '#base/cut.ts';
import type { Context, Invocation } from '../command.ts';

export async function run(context: Context, { args, flags }: Invocation): Promise<number> {
  const [from = '', name = ''] = args;
  const labels = flags.list('label').map((label) => {
    const [key, value = ''] = cut(label, '=');
    return [key, value] as const;
  });
  const client = await context.client();
  const request = { Name: name, ...(labels.length === 0 ? {} : { Labels: Object.fromEntries(labels) }) };
  const volume = await client.volumes.clone(from, request, context.signal);
  context.stdout.write(`${volume.Name}\n`);
  return 0;
}

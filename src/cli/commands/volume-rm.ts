/** `volume rm`: https://docs.docker.com/reference/cli/docker/volume/rm/ */
import type { Context, Invocation } from '../command.ts';
import { eachNameInTurn } from '../each-name.ts';

export async function run(context: Context, { args, flags }: Invocation): Promise<number> {
  const force = flags.bool('force');
  const client = await context.client();
  return eachNameInTurn(context, args, (name) => client.volumes.remove(name, { force }, context.signal));
}

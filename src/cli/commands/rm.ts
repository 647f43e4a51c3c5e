/** `rm`: https://docs.docker.com/reference/cli/docker/container/rm/ */
import { BerthError, isBerthError } from '#base/errors.ts';
import type { Context, Invocation } from '../command.ts';
import { eachName } from '../each-name.ts';

export async function run(context: Context, { args, flags }: Invocation): Promise<number> {
  const client = await context.client();
  const options = { force: flags.bool('force'), volumes: flags.bool('volumes'), link: flags.bool('link') };
  const remove = async (name: string) => {
    const bare = name.replace(/^\/+|\/+$/g, '');
    if (bare === '') throw new BerthError('invalid', 'cli.empty-name', 'container name cannot be empty');
    await client.containers.remove(bare, options, context.signal);
  };
  // With --force one that is not there is as good as removed.
  return eachName(context, args, remove, (error) => options.force && isBerthError(error, 'not-found'));
}

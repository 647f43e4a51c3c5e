/** `rmi`, `image rm`: https://docs.docker.com/reference/cli/docker/image/rm/ */
import { isBerthError } from '#base/errors.ts';
import type { Context, Invocation } from '../command.ts';
import { ExitFailure, failureText } from '../failure.ts';
import { parsePlatform } from '../platform.ts';
import { requireApi } from '../require-api.ts';

export async function run(context: Context, { args, flags }: Invocation): Promise<number> {
  const force = flags.bool('force');
  const platforms = flags
    .list('platform')
    .flatMap((text) => text.split(','))
    .map((text) => JSON.stringify(parsePlatform(text)));
  const client = await context.client();
  if (platforms.length > 0) await requireApi(client, '--platform', '1.50');
  const options = { force, noPrune: flags.bool('no-prune'), ...(platforms.length > 0 ? { platforms } : {}) };
  const failures: string[] = [];
  let isFatal = false;
  for (const image of args) {
    try {
      for (const { Deleted, Untagged } of await client.images.remove(image, options, context.signal))
        context.stdout.write(Deleted ? `Deleted: ${Deleted}\n` : `Untagged: ${Untagged}\n`);
    } catch (error) {
      isFatal ||= !isBerthError(error, 'not-found');
      failures.push(failureText(error));
    }
  }
  if (failures.length === 0) return 0;
  // With --force an image that is not there is as good as removed.
  if (!force || isFatal) throw new ExitFailure(1, failures.join('\n'));
  context.stderr.write(`${failures.join('\n')}\n`);
  return 0;
}

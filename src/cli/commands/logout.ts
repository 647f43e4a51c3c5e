/** `logout`: https://docs.docker.com/reference/cli/docker/logout/ */
import { messageOf } from '#base/errors.ts';
import type { Context, Invocation } from '../command.ts';
import { HUB, serverKey } from '../registry-auth.ts';

export async function run(context: Context, { args }: Invocation): Promise<number> {
  const server = serverKey(args[0] ?? '');
  const credentials = await context.credentials?.(context.options);
  const shown = args[0] ?? HUB;
  try {
    const wasThere = (await credentials?.erase(server)) ?? false;
    if (wasThere) context.stdout.write(`Removing login credentials for ${shown}\n`);
    else context.stdout.write(`Not logged in to ${shown}\n`);
  } catch (error) {
    context.stdout.write(`Removing login credentials for ${shown}\n`);
    context.stderr.write(`WARNING: could not erase credentials:\n${shown}: ${messageOf(error)}\n`);
  }
  return 0;
}

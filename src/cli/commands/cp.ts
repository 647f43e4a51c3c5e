/** `cp`: https://docs.docker.com/reference/cli/docker/container/cp/ */
import { isBerthError, messageOf } from '#base/errors.ts';
import type { Context, Invocation } from '../command.ts';
import { splitArgument } from '../copy/paths.ts';
import { ExitFailure, isExitFailure } from '../failure.ts';
import { BROKEN_PIPE_STATUS } from '../guarded-output.ts';
import { isBrokenPipe } from '../stream/output.ts';

async function copy(context: Context, { args, flags }: Invocation): Promise<void> {
  const [from = '', to = ''] = args;
  if (from === '') throw new Error('source can not be empty');
  if (to === '') throw new Error('destination can not be empty');
  const source = splitArgument(from);
  const destination = splitArgument(to);
  const common = {
    followLink: flags.bool('follow-link'),
    quiet: flags.changed('quiet') ? flags.bool('quiet') : context.stdout.isTTY !== true,
  };
  if (source.container !== '' && destination.container !== '')
    throw new Error('copying between containers is not supported');
  if (source.container !== '') {
    const { copyOut } = await import('../copy/copy-out.ts');
    const { container, path } = source;
    return copyOut(context, { ...common, container, source: path, destination: destination.path });
  }
  if (destination.container === '') throw new Error('must specify at least one container source');
  const { copyIn } = await import('../copy/copy-in.ts');
  const { container, path } = destination;
  const keepOwners = flags.bool('archive');
  return copyIn(context, { ...common, source: source.path, container, destination: path, keepOwners });
}

export async function run(context: Context, call: Invocation): Promise<number> {
  try {
    await copy(context, call);
  } catch (error) {
    if (isBerthError(error) || isExitFailure(error)) throw error;
    if (isBrokenPipe(error)) throw new ExitFailure(BROKEN_PIPE_STATUS);
    throw new ExitFailure(1, messageOf(error));
  }
  return 0;
}

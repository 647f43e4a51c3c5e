/** `create`: https://docs.docker.com/reference/cli/docker/container/create/ */
import { isBerthError, messageOf } from '#base/errors.ts';
import type { Context, Invocation } from '../command.ts';
import { ExitFailure, failureWithHelp, isExitFailure } from '../failure.ts';
import { FlagError } from '../flag-error.ts';
import { checkPullPolicy, createContainer } from '../run/create-container.ts';
import { createRequestOf } from '../run/create-request.ts';
import { runHostOf } from '../run/run-host.ts';
import { refuseUnavailable } from '../run/unavailable-options.ts';

function requestOf(context: Context, { flags, args }: Invocation) {
  refuseUnavailable(flags);
  try {
    checkPullPolicy(flags.text('pull'));
    return createRequestOf(flags, args, runHostOf(context));
  } catch (error) {
    throw error instanceof FlagError ? error : failureWithHelp(error, 'berth create', 125);
  }
}

export async function run(context: Context, call: Invocation): Promise<number> {
  const request = requestOf(context, call);
  try {
    context.stdout.write(`${await createContainer(context, request, call.flags)}\n`);
  } catch (error) {
    if (isBerthError(error) || isExitFailure(error)) throw error;
    throw new ExitFailure(1, messageOf(error));
  }
  return 0;
}

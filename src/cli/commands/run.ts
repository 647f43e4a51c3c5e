/** `run`: https://docs.docker.com/reference/cli/docker/container/run/ */
import type { Client } from '#client/client.ts';
import type { ContainerCreateRequest } from '#spec/docker-api/containers.ts';
import { checkTerminal } from '../check-terminal.ts';
import type { Context, Invocation } from '../command.ts';
import { ExitFailure, failureWithHelp } from '../failure.ts';
import { FlagError } from '../flag-error.ts';
import { BROKEN_PIPE_STATUS } from '../guarded-output.ts';
import type { ParsedFlags } from '../parsed-flags.ts';
import { checkPullPolicy, createContainer, platformOf } from '../run/create-container.ts';
import { createRequestOf } from '../run/create-request.ts';
import { runHostOf } from '../run/run-host.ts';
import { startFailure } from '../run/start-failure.ts';
import { refuseUnavailable } from '../run/unavailable-options.ts';
import { StartFailure, startAttached } from '../stream/attached-start.ts';
import { detachKeysText } from '../stream/detach-keys.ts';
import { isBrokenPipe } from '../stream/output.ts';
import { proxySignals } from '../stream/signal-proxy.ts';

function requestOf(context: Context, { flags, args }: Invocation): ContainerCreateRequest {
  refuseUnavailable(flags);
  try {
    checkPullPolicy(flags.text('pull'));
    return createRequestOf(flags, args, runHostOf(context));
  } catch (error) {
    throw error instanceof FlagError ? error : failureWithHelp(error, 'berth run', 125);
  }
}

/** Nothing is attached to a container in the background. */
function detached(request: ContainerCreateRequest): ContainerCreateRequest {
  return { ...request, AttachStdin: false, AttachStdout: false, AttachStderr: false, StdinOnce: false };
}

async function startInBackground(context: Context, client: Client, id: string): Promise<number> {
  context.stdout.write(`${id}\n`);
  try {
    await client.containers.start(id);
  } catch (error) {
    throw startFailure(error);
  }
  return 0;
}

async function runInForeground(
  context: Context,
  client: Client,
  id: string,
  request: ContainerCreateRequest,
  flags: ParsedFlags,
): Promise<number> {
  const doesProxy = flags.bool('sig-proxy');
  const unproxy = doesProxy ? proxySignals((signal) => client.containers.kill(id, signal)) : () => {};
  try {
    return await startAttached(context, client, {
      id,
      stdin: request.AttachStdin === true,
      stdout: request.AttachStdout === true,
      stderr: request.AttachStderr === true,
      tty: request.Tty === true,
      autoRemove: flags.bool('rm'),
      detachKeys: await detachKeysText(flags, context),
      ...(doesProxy ? {} : { abort: context.signal }),
    });
  } catch (error) {
    if (error instanceof StartFailure) throw startFailure(error.reason);
    if (isBrokenPipe(error)) throw new ExitFailure(BROKEN_PIPE_STATUS);
    throw error;
  } finally {
    unproxy();
  }
}

/** Prints the launch plan instead of carrying it out. */
async function explain(context: Context, request: ContainerCreateRequest, flags: ParsedFlags): Promise<number> {
  try {
    const platform = platformOf(flags);
    const client = await context.client();
    const text = await client.containers.explain(request, { platform }, context.signal);
    context.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
  } catch (error) {
    throw startFailure(error);
  }
  return 0;
}

export async function run(context: Context, call: Invocation): Promise<number> {
  const { flags } = call;
  let request = requestOf(context, call);
  if (flags.bool('explain')) return explain(context, request, flags);
  if (flags.bool('detach')) {
    if (flags.list('attach').length > 0)
      throw new ExitFailure(1, 'conflicting options: cannot specify both --attach and --detach');
    request = detached(request);
  } else checkTerminal(context, request.AttachStdin === true, request.Tty === true);
  let id: string;
  try {
    id = await createContainer(context, request, flags, true);
  } catch (error) {
    throw startFailure(error);
  }
  const client = await context.client();
  const isAttached = request.AttachStdin || request.AttachStdout || request.AttachStderr;
  if (!isAttached) return startInBackground(context, client, id);
  return runInForeground(context, client, id, request, flags);
}

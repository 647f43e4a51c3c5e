/** `exec`: https://docs.docker.com/reference/cli/docker/container/exec/ */
import { isBerthError, messageOf } from '#base/errors.ts';
import type { Client } from '#client/client.ts';
import type { Hijacked } from '#client/hijacked.ts';
import type { ExecConfig } from '#spec/docker-api/containers.ts';
import { checkTerminal } from '../check-terminal.ts';
import type { Context, Invocation } from '../command.ts';
import { ExitFailure } from '../failure.ts';
import { BROKEN_PIPE_STATUS } from '../guarded-output.ts';
import { readEnvironmentFiles } from '../run/key-value-files.ts';
import { runHostOf } from '../run/run-host.ts';
import { environmentEntry } from '../run/value-rules.ts';
import { detachKeysOf, detachKeysText } from '../stream/detach-keys.ts';
import { isBrokenPipe } from '../stream/output.ts';
import { runSession } from '../stream/session.ts';
import { followSize, sizeOf } from '../stream/terminal-size.ts';

function environmentOf(context: Context, { flags }: Invocation): readonly string[] | null {
  const given = flags.list('env').map((value) => {
    try {
      return environmentEntry(value, context.env);
    } catch (error) {
      throw flags.invalid('env', value, messageOf(error));
    }
  });
  let fromFiles: readonly string[];
  try {
    fromFiles = readEnvironmentFiles(flags.list('env-file'), runHostOf(context));
  } catch (error) {
    throw new ExitFailure(1, messageOf(error));
  }
  const all = [...fromFiles, ...given];
  return all.length > 0 ? all : null;
}

async function configOf(context: Context, call: Invocation): Promise<ExecConfig> {
  const { args, flags } = call;
  const isDetached = flags.bool('detach');
  const tty = flags.bool('tty');
  const { rows, cols } = sizeOf(context.stdout);
  return {
    User: flags.text('user'),
    Privileged: flags.bool('privileged'),
    Tty: tty,
    ...(tty && { ConsoleSize: [rows, cols] as const }),
    AttachStdin: !isDetached && flags.bool('interactive'),
    AttachStdout: !isDetached,
    AttachStderr: !isDetached,
    DetachKeys: await detachKeysText(call.flags, context),
    Env: environmentOf(context, call),
    WorkingDir: flags.text('workdir'),
    Cmd: args.slice(1),
  };
}

/** What `exec/start` is told again. */
function startOf(config: ExecConfig) {
  return {
    Tty: config.Tty === true,
    ...(config.ConsoleSize !== undefined && { ConsoleSize: config.ConsoleSize }),
  };
}

/** A program that is not there ends with 127, one that cannot be run with 126; other refusals are the engine's answer. */
async function start(client: Client, id: string, config: ExecConfig): Promise<Hijacked> {
  try {
    return await client.execs.start(id, startOf(config));
  } catch (error) {
    if (!isBerthError(error) || error.kind === 'not-found' || error.kind === 'conflict') throw error;
    const isMissing = /executable file not found|no such file or directory/.test(error.message);
    throw new ExitFailure(isMissing ? 127 : 126, error.message);
  }
}

async function converse(context: Context, client: Client, id: string, config: ExecConfig): Promise<number> {
  const tty = config.Tty === true;
  const connection = await start(client, id, config);
  const unfollow =
    tty && context.stdin.isTTY === true
      ? followSize(
          context.stdout,
          (size) => client.execs.resize(id, size),
          (text) => context.stderr.write(text),
        )
      : () => {};
  const { stdout } = context;
  const stdin = config.AttachStdin ? context.stdin : undefined;
  const streams = { stdin, stdout, stderr: tty ? stdout : context.stderr };
  try {
    const detachKeys = detachKeysOf(config.DetachKeys ?? '', context);
    const end = await runSession(connection, streams, { terminal: context, tty, detachKeys, abort: context.signal });
    if (end === 'detached') throw new ExitFailure(1, 'read escape sequence');
    if (end === 'aborted') return 130;
    return (await client.execs.inspect(id)).ExitCode ?? 0;
  } catch (error) {
    if (isBrokenPipe(error)) throw new ExitFailure(BROKEN_PIPE_STATUS);
    throw error;
  } finally {
    unfollow();
  }
}

export async function run(context: Context, call: Invocation): Promise<number> {
  const [name = ''] = call.args;
  const config = await configOf(context, call);
  const client = await context.client();
  // First of all, so that a container that is not there is what is told.
  await client.containers.inspect(name, {}, context.signal);
  if (!call.flags.bool('detach')) checkTerminal(context, config.AttachStdin === true, config.Tty === true);
  const { Id: id } = await client.execs.create(name, config, context.signal);
  if (call.flags.bool('detach')) {
    await client.execs.startDetached(id, startOf(config), context.signal);
    return 0;
  }
  return converse(context, client, id, config);
}

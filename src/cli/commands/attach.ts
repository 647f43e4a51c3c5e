/** `attach`: https://docs.docker.com/reference/cli/docker/container/attach/ */
import type { Client } from '#client/client.ts';
import type { ContainerInspect } from '#spec/docker-api/containers.ts';
import { checkTerminal } from '../check-terminal.ts';
import type { Context, Invocation } from '../command.ts';
import { ExitFailure } from '../failure.ts';
import { BROKEN_PIPE_STATUS } from '../guarded-output.ts';
import { detachKeysOf, detachKeysText } from '../stream/detach-keys.ts';
import { isBrokenPipe } from '../stream/output.ts';
import { runSession } from '../stream/session.ts';
import { proxySignals } from '../stream/signal-proxy.ts';
import { followSize, sizeOf } from '../stream/terminal-size.ts';

async function inspectRunning(context: Context, client: Client, name: string): Promise<ContainerInspect> {
  const container = await client.containers.inspect(name, {}, context.signal);
  const { Running, Paused, Restarting } = container.State;
  const complaint = !Running
    ? 'You cannot attach to a stopped container, start it first'
    : Paused
      ? 'You cannot attach to a paused container, unpause it first'
      : Restarting
        ? 'You cannot attach to a restarting container, wait until it is running'
        : undefined;
  if (complaint !== undefined) throw new ExitFailure(1, complaint);
  return container;
}

/** A program that draws its screen does so again when its terminal changes, so it is made a little larger for a moment. */
async function redraw(context: Context, client: Client, id: string): Promise<() => void> {
  const { rows, cols } = sizeOf(context.stdout);
  await client.containers.resize(id, { rows: rows + 1, cols: cols + 1 }).catch(() => {});
  return followSize(
    context.stdout,
    (size) => client.containers.resize(id, size),
    (text) => context.stderr.write(text),
  );
}

async function join(context: Context, client: Client, container: ContainerInspect, call: Invocation) {
  const { flags } = call;
  const { Id: id, Config: config } = container;
  const stdin = !flags.bool('no-stdin') && config.OpenStdin;
  const detachKeys = await detachKeysText(flags, context);
  const attach = { stream: true, stdin, stdout: true, stderr: true, ...(detachKeys !== '' && { detachKeys }) };
  const connection = await client.containers.attach(id, attach, context.signal);
  let unfollow = () => {};
  try {
    // It may have ended in between, and then nothing would ever come.
    await inspectRunning(context, client, id);
    if (config.Tty && context.stdout.isTTY === true) unfollow = await redraw(context, client, id);
    const { stdout } = context;
    const streams = { stdin: stdin ? context.stdin : undefined, stdout, stderr: config.Tty ? stdout : context.stderr };
    const keys = detachKeysOf(detachKeys, context);
    return await runSession(connection, streams, {
      terminal: context,
      tty: config.Tty,
      detachKeys: keys,
      abort: context.signal,
    });
  } finally {
    connection.stream.destroy();
    unfollow();
  }
}

export async function run(context: Context, call: Invocation): Promise<number> {
  const { args, flags } = call;
  const [name = ''] = args;
  const client = await context.client();
  const container = await inspectRunning(context, client, name);
  checkTerminal(context, !flags.bool('no-stdin'), container.Config.Tty);
  const waiting = new AbortController();
  const { done } = await client.containers.wait(container.Id, undefined, waiting.signal);
  const doesProxy = flags.bool('sig-proxy') && !container.Config.Tty;
  const unproxy = doesProxy ? proxySignals((signal) => client.containers.kill(container.Id, signal)) : () => {};
  try {
    const end = await join(context, client, container, call);
    if (end === 'detached') throw new ExitFailure(1, 'read escape sequence');
    if (end === 'aborted') return 130;
    const { StatusCode, Error: failure } = await done;
    if (failure !== undefined && failure !== null) throw new ExitFailure(1, failure.Message);
    return StatusCode;
  } catch (error) {
    if (isBrokenPipe(error)) throw new ExitFailure(BROKEN_PIPE_STATUS);
    throw error;
  } finally {
    unproxy();
    waiting.abort();
  }
}

/** `start`: https://docs.docker.com/reference/cli/docker/container/start/ */

import type { Client } from '#client/client.ts';
import type { Context, Invocation } from '../command.ts';
import { ExitFailure, failureText } from '../failure.ts';
import { BROKEN_PIPE_STATUS } from '../guarded-output.ts';
import type { ParsedFlags } from '../parsed-flags.ts';
import { StartFailure, startAttached } from '../stream/attached-start.ts';
import { detachKeysText } from '../stream/detach-keys.ts';
import { isBrokenPipe } from '../stream/output.ts';
import { proxySignals } from '../stream/signal-proxy.ts';

async function startOne(context: Context, client: Client, name: string, flags: ParsedFlags): Promise<number> {
  const { Id: id, Config: config, HostConfig: host } = await client.containers.inspect(name, {}, context.signal);
  const unproxy = config.Tty ? () => {} : proxySignals((signal) => client.containers.kill(id, signal));
  try {
    return await startAttached(context, client, {
      id,
      stdin: flags.bool('interactive') && config.OpenStdin,
      stdout: true,
      stderr: true,
      tty: config.Tty,
      autoRemove: host.AutoRemove,
      detachKeys: await detachKeysText(flags, context),
    });
  } catch (error) {
    if (error instanceof StartFailure) throw error.reason;
    if (isBrokenPipe(error)) throw new ExitFailure(BROKEN_PIPE_STATUS);
    throw error;
  } finally {
    unproxy();
  }
}

async function startEach(context: Context, client: Client, names: readonly string[]): Promise<number> {
  const failed: string[] = [];
  for (const name of names) {
    try {
      await client.containers.start(name, {}, context.signal);
      context.stdout.write(`${name}\n`);
    } catch (error) {
      context.stderr.write(`${failureText(error)}\n`);
      failed.push(name);
    }
  }
  if (failed.length > 0) throw new ExitFailure(1, `Error: failed to start containers: ${failed.join(', ')}`);
  return 0;
}

export async function run(context: Context, { args, flags }: Invocation): Promise<number> {
  for (const name of ['checkpoint', 'checkpoint-dir'])
    if (flags.changed(name))
      throw new ExitFailure(1, `berth start: --${name} is not available: Berth has no checkpoints`);
  const isAttached = flags.bool('attach') || flags.bool('interactive');
  if (isAttached && args.length > 1)
    throw new ExitFailure(1, 'you cannot start and attach multiple containers at once');
  const client = await context.client();
  return isAttached ? startOne(context, client, args[0] ?? '', flags) : startEach(context, client, args);
}

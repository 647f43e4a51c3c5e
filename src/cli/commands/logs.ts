/** `logs`: https://docs.docker.com/reference/cli/docker/container/logs/ */
import { messageOf } from '#base/errors.ts';
import { demultiplex } from '#client/demux.ts';
import type { Context, Invocation } from '../command.ts';
import { ExitFailure } from '../failure.ts';
import { BROKEN_PIPE_STATUS } from '../guarded-output.ts';
import type { ParsedFlags } from '../parsed-flags.ts';
import { copyTo, flushed, guardOutputs, isBrokenPipe } from '../stream/output.ts';
import { readTimestamp } from '../timestamp.ts';

function timeOf(flags: ParsedFlags, name: 'since' | 'until') {
  const text = flags.text(name);
  if (text === '') return {};
  try {
    return { [name]: readTimestamp(text, Date.now()) };
  } catch (error) {
    throw new ExitFailure(1, `invalid value for "${name}": ${messageOf(error)}`);
  }
}

export async function run(context: Context, { args, flags }: Invocation): Promise<number> {
  const client = await context.client();
  const { Id: id, Config: config } = await client.containers.inspect(args[0] ?? '', {}, context.signal);
  const query = {
    stdout: true,
    stderr: true,
    follow: flags.bool('follow'),
    timestamps: flags.bool('timestamps'),
    details: flags.bool('details'),
    tail: flags.text('tail'),
    ...timeOf(flags, 'since'),
    ...timeOf(flags, 'until'),
  };
  const { stdout, stderr } = context;
  const unguard = guardOutputs(stdout, stderr);
  const { stream, multiplexed } = await client.containers.logs(id, query, context.signal);
  try {
    if (multiplexed ?? !config.Tty) await demultiplex(stream, { stdout, stderr });
    else await copyTo(stream, stdout);
    await Promise.all([flushed(stdout), flushed(stderr)]);
  } catch (error) {
    if (isBrokenPipe(error)) throw new ExitFailure(BROKEN_PIPE_STATUS);
    throw error;
  } finally {
    stream.destroy();
    unguard();
  }
  return 0;
}

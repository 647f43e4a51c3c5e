/** `load`: https://docs.docker.com/reference/cli/docker/image/load/ */
import type { Readable } from 'node:stream';
import type { Context, Invocation } from '../command.ts';
import { ExitFailure } from '../failure.ts';
import { platformJson } from '../platform-json.ts';
import { openInputFile } from '../stream/input-file.ts';
import { flushed } from '../stream/output.ts';
import { showProgress } from '../stream/progress.ts';

async function open(context: Context, given: string): Promise<Readable> {
  if (given !== '') return openInputFile(given, context.cwd);
  if (context.stdin.isTTY === true) throw new ExitFailure(1, 'requested load from stdin, but stdin is empty');
  return context.stdin;
}

export async function run(context: Context, { flags }: Invocation): Promise<number> {
  const source = await open(context, flags.text('input'));
  try {
    const platform = platformJson(flags.text('platform'));
    const quiet = flags.bool('quiet') || context.stdout.isTTY !== true;
    const client = await context.client();
    await showProgress(await client.images.load(source, { quiet, platform }, context.signal), context.stdout);
    await flushed(context.stdout);
  } finally {
    source.destroy();
  }
  return 0;
}

/** `import`: https://docs.docker.com/reference/cli/docker/image/import/ */
import type { Readable } from 'node:stream';
import { parseReference } from '#spec/reference.ts';
import type { Context, Invocation } from '../command.ts';
import { openInputFile } from '../stream/input-file.ts';
import { flushed } from '../stream/output.ts';
import { showProgress } from '../stream/progress.ts';

/** A URL is fetched by the engine, everything else is sent to it. */
async function sourceOf(context: Context, given: string): Promise<readonly [name: string, tar: Readable | undefined]> {
  if (given === '-') return ['-', context.stdin];
  if (/^https?:\/\//.test(given)) return [given, undefined];
  return ['-', await openInputFile(given, context.cwd)];
}

export async function run(context: Context, { args, flags }: Invocation): Promise<number> {
  const [given = '', repository = ''] = args;
  const [source, tar] = await sourceOf(context, given);
  try {
    if (repository !== '') parseReference(repository);
    const options = {
      ...(repository !== '' && { repository }),
      message: flags.text('message'),
      changes: flags.list('change'),
      ...(flags.text('platform') !== '' && { platform: flags.text('platform').toLowerCase() }),
    };
    const client = await context.client();
    await showProgress(await client.images.import(source, tar, options, context.signal), context.stdout);
    await flushed(context.stdout);
  } finally {
    tar?.destroy();
  }
  return 0;
}

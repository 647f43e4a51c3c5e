/** `registry gc`: Berth's own. */
import type { Context, Invocation } from '../command.ts';
import { ExitFailure } from '../failure.ts';
import { humanSize } from '../render/human-size.ts';
import { milliseconds } from './registry-serve.ts';

export async function run(context: Context, { flags, path }: Invocation): Promise<number> {
  if (context.collectRegistry === undefined) throw new ExitFailure(1, `${path}: this program has no registry`);
  const format = flags.text('format');
  if (!['', 'json', 'text'].includes(format)) throw flags.invalid('format', format, 'wanted "json" or "text"');
  const report = await context.collectRegistry(context.options, {
    graceMs: milliseconds(flags, 'grace'),
    untagged: flags.bool('untagged'),
  });
  if (format === 'json') context.stdout.write(`${JSON.stringify(report)}\n`);
  else {
    const { manifests, blobs, uploads, bytes } = report;
    context.stdout.write(`Manifests: ${manifests}\nBlobs: ${blobs}\nUploads: ${uploads}\n`);
    context.stdout.write(`Total reclaimed space: ${humanSize(bytes)}\n`);
  }
  return 0;
}

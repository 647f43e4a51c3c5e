/** `images`, `image ls`: https://docs.docker.com/reference/cli/docker/image/ls/ */
import { configOf } from '../client-config.ts';
import type { Context, Invocation } from '../command.ts';
import { ExitFailure } from '../failure.ts';
import { filtersOf } from '../filters.ts';
import { IMAGE_HEADER, imageFormat, imageNames, imageRow } from '../render/image-row.ts';
import { renderRows } from '../render/rows.ts';

/** Words after `image` that a user may have meant: `images prune` lists images of that name. */
const SUBCOMMANDS: ReadonlySet<string> = new Set(
  'build history import inspect list load ls prune pull push rm save tag'.split(' '),
);

export async function run(context: Context, { args, flags, path }: Invocation): Promise<number> {
  if (flags.bool('tree')) throw new ExitFailure(1, `${path} --tree: not available yet`);
  const name = args[0] ?? '';
  const quiet = flags.bool('quiet');
  const digests = flags.bool('digests');
  const filters = filtersOf(flags.list('filter'), name === '' ? {} : { reference: name });
  const client = await context.client();
  const query = { all: flags.bool('all'), ...(filters === undefined ? {} : { filters }) };
  const images = await client.images.list(query, context.signal);
  const configured = flags.changed('format') || quiet ? undefined : (await configOf(context)).imagesFormat;
  const format = imageFormat(flags.text('format') || configured || 'table', quiet, digests);
  const truncate = !flags.bool('no-trunc');
  const needsDigest = digests || format.includes('{{.Digest}}');
  const rows = images.flatMap((image) =>
    imageNames(image, digests, needsDigest).map((imageName) => imageRow(image, imageName, truncate)),
  );
  context.stdout.write(renderRows(format, IMAGE_HEADER, rows));
  if (images.length === 0 && path === 'berth images' && SUBCOMMANDS.has(name))
    context.stderr.write(`\nNo images found matching "${name}": did you mean "berth image ${name}"?\n`);
  return 0;
}

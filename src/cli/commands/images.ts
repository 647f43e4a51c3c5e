/** `images`, `image ls`: https://docs.docker.com/reference/cli/docker/image/ls/ */
import { configOf } from '../client-config.ts';
import type { Context, Invocation } from '../command.ts';
import { ExitFailure } from '../failure.ts';
import { filtersOf } from '../filters.ts';
import { IMAGE_HEADER, imageFormat, imageNames, imageRow } from '../render/image-row.ts';
import { renderRows } from '../render/rows.ts';
import { requireApi } from '../require-api.ts';

/** Words after `image` that a user may have meant: `images prune` lists images of that name. */
const SUBCOMMANDS: ReadonlySet<string> = new Set(
  'build history import inspect list load ls prune pull push rm save tag'.split(' '),
);

/** Options that docker's tree does not have either, by the words in its refusals. */
const NOT_IN_TREES = { quiet: '--quiet', 'no-trunc': '--no-trunc', digests: '--show-digest', format: '--format' };

async function showTree(context: Context, args: readonly string[], flags: Invocation['flags']): Promise<number> {
  for (const [flag, shown] of Object.entries(NOT_IN_TREES))
    if (flags.changed(flag)) throw new ExitFailure(1, `${shown} is not yet supported with --tree`);
  const name = args[0] ?? '';
  const all = flags.bool('all');
  const filters = filtersOf(flags.list('filter'), name === '' ? {} : { reference: name });
  const client = await context.client();
  await requireApi(client, '--tree', '1.47');
  const query = { all, manifests: true, ...(filters === undefined ? {} : { filters }) };
  const images = await client.images.list(query, context.signal);
  const { imageTree } = await import('../render/image-tree.ts');
  const hasColours = context.stdout.isTTY === true;
  const paper = { width: (hasColours && context.stdout.columns) || 80, hasColours };
  context.stdout.write(imageTree(images, paper, all));
  return 0;
}

export async function run(context: Context, { args, flags, path }: Invocation): Promise<number> {
  if (flags.bool('tree')) return await showTree(context, args, flags);
  const name = args[0] ?? '';
  const quiet = flags.bool('quiet');
  const digests = flags.bool('digests');
  const filters = filtersOf(flags.list('filter'), name === '' ? {} : { reference: name });
  const client = await context.client();
  const query = { all: flags.bool('all'), ...(filters === undefined ? {} : { filters }) };
  const images = await client.images.list(query, context.signal);
  const configured = flags.changed('format') || quiet ? undefined : configOf(context).imagesFormat;
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

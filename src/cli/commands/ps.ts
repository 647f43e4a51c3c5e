/** `ps`, `container ls`: https://docs.docker.com/reference/cli/docker/container/ls/ */
import { messageOf } from '#base/errors.ts';
import type { ContainerSummary } from '#spec/docker-api/containers.ts';
import { configOf } from '../client-config.ts';
import type { Context, Invocation } from '../command.ts';
import { ExitFailure } from '../failure.ts';
import { filtersOf } from '../filters.ts';
import { CONTAINER_HEADER, containerFormat, containerRow } from '../render/container-row.ts';
import { renderRows } from '../render/rows.ts';
import { runTemplate } from '../template/execute.ts';
import { FUNCTIONS } from '../template/functions.ts';
import { parseTemplate } from '../template/parser.ts';

const NOBODY: ContainerSummary = {
  Id: '',
  Names: [],
  Image: '',
  ImageID: '',
  Command: '',
  Created: 0,
  Ports: [],
  Labels: {},
  State: 'created',
  Status: '',
  HostConfig: { NetworkMode: '' },
  NetworkSettings: { Networks: {} },
  Mounts: [],
};

/** Tries a template out. @returns whether it asks for the size */
function usesSize(format: string): boolean {
  let asked = false;
  let template: ReturnType<typeof parseTemplate>;
  try {
    template = parseTemplate(format, new Set(FUNCTIONS.keys()));
  } catch (error) {
    throw new ExitFailure(1, `failed to parse template: ${messageOf(error)}`);
  }
  const probe = containerRow(NOBODY, false, () => {
    asked = true;
  });
  try {
    runTemplate(template, probe);
  } catch (error) {
    throw new ExitFailure(1, `failed to execute template: ${messageOf(error)}`);
  }
  return asked;
}

export async function run(context: Context, { flags }: Invocation): Promise<number> {
  const quiet = flags.bool('quiet');
  const given = flags.text('format');
  if (given !== '' && quiet)
    context.stderr.write('WARNING: Ignoring custom format, because both --format and --quiet are set.\n');
  const format = given === '' ? (configOf(context).psFormat ?? '') : given;
  const wantsSize = format !== '' && usesSize(format) && !quiet && !flags.changed('size');
  const size = flags.bool('size') || wantsSize;
  const last = flags.number('last');
  const limit = flags.bool('latest') && last === -1 ? 1 : last;
  const filters = filtersOf(flags.list('filter'));
  const client = await context.client();
  const query = {
    all: flags.bool('all'),
    size,
    ...(limit > 0 ? { limit } : {}),
    ...(filters === undefined ? {} : { filters }),
  };
  const containers = await client.containers.list(query, context.signal);
  const truncate = !flags.bool('no-trunc');
  const rows = containers.map((container) => containerRow(container, truncate));
  context.stdout.write(renderRows(containerFormat(format, quiet, size), CONTAINER_HEADER, rows));
  return 0;
}

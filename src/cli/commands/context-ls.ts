/** `context ls`: https://docs.docker.com/reference/cli/docker/context/ls/ */
import type { Context, Invocation } from '../command.ts';
import { ContextStore, contextFolder, DEFAULT_CONTEXT } from '../contexts/context-store.ts';
import { contextOverride, currentContext } from '../contexts/current-context.ts';
import { renderRows, row } from '../render/rows.ts';

const HEADER: Readonly<Record<string, string>> = {
  Name: 'NAME',
  Description: 'DESCRIPTION',
  DockerEndpoint: 'DOCKER ENDPOINT',
  Error: 'ERROR',
};
const TABLE = 'table {{.Name}}{{if .Current}} *{{end}}\t{{.Description}}\t{{.DockerEndpoint}}\t{{.Error}}';
const OWN = 'This machine, with a daemon or without one';

interface Listed {
  readonly name: string;
  readonly description: string;
  readonly host: string;
  readonly error: string;
}

function listed(context: Context, current: string): Listed[] {
  const { options, env } = context;
  const own = options.host ?? (options.isRootGiven ? undefined : env['DOCKER_HOST']);
  const stored = new ContextStore(contextFolder(options, env)).list().map(({ Name, Metadata, Endpoints }) => ({
    name: Name,
    description: typeof Metadata['Description'] === 'string' ? Metadata['Description'] : '',
    host: Endpoints.docker?.Host ?? '',
    error: '',
  }));
  const all = [{ name: DEFAULT_CONTEXT, description: OWN, host: own || 'in process', error: '' }, ...stored];
  const isKnown = all.some(({ name }) => name === current);
  const missing = { name: current, description: '', host: '', error: 'context not found' };
  return isKnown ? all : [...all, missing];
}

export async function run(context: Context, { flags }: Invocation): Promise<number> {
  const current = currentContext(context.options, context.env);
  const rows = listed(context, current).map(({ name, description, host, error }) =>
    row('*formatter.clientContextContext', {
      Current: () => name === current,
      Description: () => description,
      DockerEndpoint: () => host,
      Error: () => error,
      Name: () => name,
    }),
  );
  const given = flags.text('format') || 'table';
  const format = given === 'table' ? (flags.bool('quiet') ? '{{.Name}}' : TABLE) : given;
  context.stdout.write(renderRows(format, HEADER, rows));
  const override = contextOverride(context.options, context.env);
  if (override && !flags.bool('quiet'))
    context.stderr.write(
      `Warning: ${override} environment variable overrides the active context. To use a context, either set the global --context flag, or unset ${override} environment variable.\n`,
    );
  return 0;
}

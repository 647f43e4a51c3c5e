/** `context create`: https://docs.docker.com/reference/cli/docker/context/create/ */
import type { Context, Invocation } from '../command.ts';
import { ContextStore, checkContextName, contextFolder } from '../contexts/context-store.ts';
import { dockerEndpoint, readAssignments } from '../contexts/docker-endpoint.ts';
import { ExitFailure } from '../failure.ts';

export async function run(context: Context, { args, flags }: Invocation): Promise<number> {
  const name = args[0] as string;
  checkContextName(name);
  const store = new ContextStore(contextFolder(context.options, context.env));
  if (store.has(name)) throw new ExitFailure(1, `context "${name}" already exists`);
  const given = readAssignments(flags.list('docker'));
  const from = flags.text('from');
  const { endpoint, tls } = dockerEndpoint(from === '' ? given : { ...given, from }, store);
  const inherited = from === '' || from === 'default' ? {} : store.read(from).Metadata;
  const Metadata = flags.changed('description')
    ? { ...inherited, Description: flags.text('description') }
    : { ...inherited };
  store.write({ Name: name, Metadata, Endpoints: { docker: endpoint } });
  store.writeTls(name, tls);
  context.stdout.write(`${name}\n`);
  context.stderr.write(`Successfully created context "${name}"\n`);
  return 0;
}

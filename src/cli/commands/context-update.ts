/** `context update`: https://docs.docker.com/reference/cli/docker/context/update/ */
import type { Context, Invocation } from '../command.ts';
import { ContextStore, checkContextName, contextFolder } from '../contexts/context-store.ts';
import { dockerEndpoint, readAssignments } from '../contexts/docker-endpoint.ts';

export async function run(context: Context, { args, flags }: Invocation): Promise<number> {
  const name = args[0] as string;
  checkContextName(name);
  const store = new ContextStore(contextFolder(context.options, context.env));
  const old = store.read(name);
  const given = readAssignments(flags.list('docker'));
  const changed = flags.changed('docker') ? dockerEndpoint(given, store) : undefined;
  store.write({
    ...old,
    Metadata: flags.changed('description') ? { ...old.Metadata, Description: flags.text('description') } : old.Metadata,
    Endpoints: changed === undefined ? old.Endpoints : { ...old.Endpoints, docker: changed.endpoint },
  });
  if (changed !== undefined) store.writeTls(name, changed.tls);
  context.stdout.write(`${name}\n`);
  context.stderr.write(`Successfully updated context "${name}"\n`);
  return 0;
}

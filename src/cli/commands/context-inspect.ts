/** `context inspect`: https://docs.docker.com/reference/cli/docker/context/inspect/ */
import type { Context, Invocation } from '../command.ts';
import { ContextStore, contextFolder, DEFAULT_CONTEXT } from '../contexts/context-store.ts';
import { currentContext } from '../contexts/current-context.ts';
import { inspectObjects } from '../inspect-objects.ts';

function describe(store: ContextStore, context: Context, name: string): unknown {
  if (name === DEFAULT_CONTEXT)
    return {
      Name: name,
      Metadata: {},
      Endpoints: { docker: { Host: context.options.host ?? context.env['DOCKER_HOST'] ?? '', SkipTLSVerify: false } },
      TLSMaterial: {},
      Storage: { MetadataPath: '<IN MEMORY>', TLSPath: '<IN MEMORY>' },
    };
  const stored = store.read(name);
  const files = Object.keys(store.readTls(name)).map((file) => `${file}.pem`);
  return {
    Name: stored.Name,
    Metadata: stored.Metadata,
    Endpoints: stored.Endpoints,
    TLSMaterial: files.length === 0 ? {} : { docker: files },
    Storage: { MetadataPath: store.metaFolder(name), TLSPath: store.tlsFolder(name) },
  };
}

export async function run(context: Context, { args, flags }: Invocation): Promise<number> {
  const store = new ContextStore(contextFolder(context.options, context.env));
  const names = args.length === 0 ? [currentContext(context.options, context.env)] : args;
  return inspectObjects(context.stdout, names, flags.text('format'), async (name) => ({
    document: describe(store, context, name),
  }));
}

/** `manifest inspect`: https://docs.docker.com/reference/cli/docker/manifest/inspect/ */
import { isIndexType, OCI_MANIFEST } from '#spec/oci-image/media-types.ts';
import type { Context, Invocation } from '../command.ts';
import { ExitFailure } from '../failure.ts';
import { fetchDocument } from '../manifests/fetch-entry.ts';
import { type ListEntry, manifestName, readList } from '../manifests/list-store.ts';
import { documentOf } from '../manifests/manifest-list.ts';

export async function run(context: Context, { args, flags }: Invocation): Promise<number> {
  const [first = '', second] = args;
  const isVerbose = flags.bool('verbose');
  const local = await readList(context, manifestName(first));
  if (second !== undefined) {
    const entry = local?.find(({ name }) => name === manifestName(second));
    if (entry === undefined) throw new ExitFailure(1, `no such manifest: ${second}`);
    print(context, isVerbose ? verbose(entry) : contentOf(entry));
    return 0;
  }
  if (local !== undefined) {
    print(context, isVerbose ? local.map(verbose) : JSON.parse(documentOf(local).text));
    return 0;
  }
  const entry = await fetchDocument(context, first, flags.bool('insecure'));
  print(context, isVerbose ? verbose(entry) : contentOf(entry));
  return 0;
}

function contentOf({ document }: ListEntry): unknown {
  return JSON.parse(Buffer.from(document.Raw, 'base64').toString('utf8'));
}

function verbose(entry: ListEntry): unknown {
  const { Descriptor, Raw } = entry.document;
  const kind = isIndexType(Descriptor.mediaType)
    ? 'Index'
    : Descriptor.mediaType === OCI_MANIFEST
      ? 'OCIManifest'
      : 'SchemaV2Manifest';
  return { Ref: entry.name, Descriptor, Raw, [kind]: contentOf(entry) };
}

function print(context: Context, value: unknown): void {
  context.stdout.write(`${JSON.stringify(value, undefined, '\t')}\n`);
}

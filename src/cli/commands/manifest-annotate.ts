/** `manifest annotate`: https://docs.docker.com/reference/cli/docker/manifest/annotate/ */
import type { ManifestPlatform } from '#spec/docker-api/registries.ts';
import type { Context, Invocation } from '../command.ts';
import { ExitFailure } from '../failure.ts';
import { fetchEntry } from '../manifests/fetch-entry.ts';
import { manifestName, readList, writeList } from '../manifests/list-store.ts';
import type { ParsedFlags } from '../parsed-flags.ts';

export async function run(context: Context, { args, flags }: Invocation): Promise<number> {
  const [list = '', given = ''] = args;
  const name = manifestName(list);
  const wanted = manifestName(given);
  const entries = await readList(context, name);
  if (entries === undefined) throw new ExitFailure(1, `no such manifest: ${name}`);
  const found = entries.find((entry) => entry.name === wanted) ?? (await fetchEntry(context, given, false));
  const descriptor = { ...found.document.Descriptor, platform: platformOf(found.document.Descriptor.platform, flags) };
  const changed = { ...found, document: { ...found.document, Descriptor: descriptor } };
  await writeList(context, name, [...entries.filter((entry) => entry.name !== wanted), changed]);
  return 0;
}

function platformOf(before: ManifestPlatform | undefined, flags: ParsedFlags): ManifestPlatform {
  const said = (flag: string, name: string) => (flags.text(flag) === '' ? {} : { [name]: flags.text(flag) });
  const features = flags.list('os-features');
  return {
    ...(before ?? { architecture: '', os: '' }),
    ...said('arch', 'architecture'),
    ...said('os', 'os'),
    ...said('variant', 'variant'),
    ...said('os-version', 'os.version'),
    ...(features.length === 0 ? {} : { 'os.features': features }),
  };
}

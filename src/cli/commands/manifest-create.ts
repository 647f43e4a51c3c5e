/** `manifest create`: https://docs.docker.com/reference/cli/docker/manifest/create/ */
import type { Context, Invocation } from '../command.ts';
import { ExitFailure } from '../failure.ts';
import { fetchEntry } from '../manifests/fetch-entry.ts';
import { type ListEntry, manifestName, readList, writeList } from '../manifests/list-store.ts';

export async function run(context: Context, { args, flags }: Invocation): Promise<number> {
  const [list = '', ...names] = args;
  const name = manifestName(list);
  const before = await readList(context, name);
  if (before !== undefined && !flags.bool('amend'))
    throw new ExitFailure(1, 'refusing to amend an existing manifest list with no --amend flag');
  const entries = new Map<string, ListEntry>((before ?? []).map((entry) => [entry.name, entry]));
  for (const one of names) {
    const entry = await fetchEntry(context, one, flags.bool('insecure'));
    entries.set(entry.name, entry);
  }
  await writeList(context, name, [...entries.values()]);
  context.stdout.write(`Created manifest list ${name}\n`);
  return 0;
}

/** `manifest rm`: https://docs.docker.com/reference/cli/docker/manifest/rm/ */
import type { Context, Invocation } from '../command.ts';
import { ExitFailure } from '../failure.ts';
import { manifestName, removeList } from '../manifests/list-store.ts';

export async function run(context: Context, { args }: Invocation): Promise<number> {
  const missing: string[] = [];
  for (const given of args)
    if (!(await removeList(context, manifestName(given)))) missing.push(`No such manifest: ${manifestName(given)}`);
  if (missing.length > 0) throw new ExitFailure(1, missing.join('\n'));
  return 0;
}

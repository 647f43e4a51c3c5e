/** `volume create`: https://docs.docker.com/reference/cli/docker/volume/create/ */
import { cut } from '#base/cut.ts';
import type { Context, Invocation } from '../command.ts';
import { ExitFailure } from '../failure.ts';
import { CLUSTER_FLAGS } from '../flags/volume.ts';

function toMap(entries: readonly string[]): Record<string, string> | undefined {
  const pairs = entries.map((entry) => {
    const [key, value = ''] = cut(entry, '=');
    return [key, value] as const;
  });
  return pairs.length === 0 ? undefined : Object.fromEntries(pairs);
}

export async function run(context: Context, { args, flags }: Invocation): Promise<number> {
  const [given] = args;
  if (given !== undefined && flags.text('name') !== '') {
    throw new ExitFailure(
      1,
      'conflicting options: cannot specify a volume-name through both --name and as a positional arg',
    );
  }
  const name = given ?? flags.text('name');
  const options = toMap(flags.list('opt'));
  const labels = toMap(flags.list('label'));
  const isCluster = CLUSTER_FLAGS.some((flag) => flags.changed(flag));
  const client = await context.client();
  const request = {
    ...(name === '' ? {} : { Name: name }),
    Driver: flags.text('driver'),
    ...(options === undefined ? {} : { DriverOpts: options }),
    ...(labels === undefined ? {} : { Labels: labels }),
    // Such a volume is the business of a Swarm: its engine's answer is the right one.
    ...(isCluster ? { ClusterVolumeSpec: { Group: flags.text('group') } } : {}),
  };
  const volume = await client.volumes.create(request, context.signal);
  context.stdout.write(`${volume.Name}\n`);
  return 0;
}

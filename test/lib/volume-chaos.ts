/**
 * Does operations on a few volumes at random: `node volume-chaos.ts ROOT SEED COUNT`. Every container writes into its volume and
 * must find what it wrote; refusals that follow from what others do at the same time are fine, anything else ends it with status 1.
 */
import { isBerthError } from '#base/errors.ts';
import { type Core, openCore } from '#engine/open-core.ts';
import type { Volumes } from '#engine/volumes/api.ts';
import { createVolumes } from '#engine/volumes/engine-volumes.ts';
import { Random } from './random.ts';

const NAMES = ['red', 'green', 'blue'];
const EXPECTED = ['conflict', 'not-found'];

async function useVolume(core: Core, name: string): Promise<void> {
  const { Id } = await core.containers.create({
    Image: 'busybox',
    Cmd: ['sh', '-c', 'echo $$ > /v/$HOSTNAME && cat /v/$HOSTNAME && test -f /v/$HOSTNAME'],
    HostConfig: { NetworkMode: 'none', Binds: [`${name}:/v`] },
  });
  const { done } = await core.containers.wait(Id, 'next-exit');
  await core.containers.start(Id);
  const { StatusCode } = await done;
  if (StatusCode !== 0) throw new Error(`the container on ${name} ended with ${StatusCode}`);
  await core.containers.remove(Id, { volumes: true });
}

const OPERATIONS: readonly ((core: Core, volumes: Volumes, name: string) => Promise<unknown>)[] = [
  (core, _volumes, name) => useVolume(core, name),
  (core, _volumes, name) => useVolume(core, name),
  (_core, volumes, name) => volumes.create({ Name: name }),
  (_core, volumes, name) => volumes.remove(name),
  (_core, volumes, name) => volumes.remove(name),
  (_core, volumes) => volumes.prune({ all: ['true'] }),
  (_core, volumes, name) => volumes.clone(name, { Name: `${name}-copy` }),
  (_core, volumes, name) => volumes.rename(name, `${name}-copy`),
  (_core, volumes, name) => volumes.rename(`${name}-copy`, name),
  (_core, volumes) => volumes.list(),
];

const [root = '', seed = '1', count = '10'] = process.argv.slice(2);
const random = new Random(Number(seed));
const core = openCore({ root });
const volumes = createVolumes(core.context);
for (let i = 0; i < Number(count); i++) {
  try {
    await random.pick(OPERATIONS)(core, volumes, random.pick(NAMES));
  } catch (error) {
    if (!(isBerthError(error) && EXPECTED.includes(error.kind))) throw error;
  }
}
await core.close();

/**
 * One engine command in a process of its own, for tests that kill it: `node engine-command.ts ROOT VERB [JSON]`. Prints the
 * result as JSON. `BERTH_FAULT` names the point at which it kills itself.
 */
import { createNetworks } from '#engine/networks/engine-networks.ts';
import { type Core, openCore } from '#engine/open-core.ts';
import { createVolumes } from '#engine/volumes/engine-volumes.ts';
import type { ContainerCreateRequest, ExecConfig } from '#spec/docker-api/containers.ts';

interface Input {
  readonly ref?: string;
  readonly create?: ContainerCreateRequest;
  readonly exec?: ExecConfig;
  readonly volume?: string;
  readonly network?: string;
  /** Of networks to make; they have numbers after their name then. */
  readonly count?: number;
  /** Name of a renamed or cloned volume. */
  readonly next?: string;
}

const networks = (core: Core) => createNetworks(core.context, async (ref) => ref);

const VERBS: Readonly<Record<string, (core: Core, input: Input) => Promise<unknown>>> = {
  create: (core, { create = {} }) => core.containers.create(create),
  start: (core, { ref = '' }) => core.containers.start(ref),
  stop: (core, { ref = '' }) => core.containers.stop(ref, { timeout: 0 }),
  remove: (core, { ref = '' }) => core.containers.remove(ref, { force: true, volumes: true }),
  wait: async (core, { ref = '' }) => (await core.containers.wait(ref, 'not-running')).done,
  'volume-create': (core, { volume = '' }) => createVolumes(core.context).create({ Name: volume }),
  'volume-remove': (core, { volume = '' }) => createVolumes(core.context).remove(volume),
  'volume-rename': (core, { volume = '', next = '' }) => createVolumes(core.context).rename(volume, next),
  'volume-clone': (core, { volume = '', next = '' }) => createVolumes(core.context).clone(volume, { Name: next }),
  'network-create': async (core, { network = '', count }) => {
    if (count === undefined) return networks(core).create({ Name: network });
    for (let i = 0; i < count; i++) await networks(core).create({ Name: `${network}${i}` });
    return undefined;
  },
  'network-remove': (core, { network = '' }) => networks(core).remove(network),
  'network-connect': (core, { network = '', ref = '' }) => networks(core).connect(network, { Container: ref }),
  'network-disconnect': (core, { network = '', ref = '' }) => networks(core).disconnect(network, { Container: ref }),
  exec: async (core, { ref = '', exec = {} }) => {
    const { Id } = await core.execs.create(ref, exec);
    process.stdout.write(`${JSON.stringify(Id)}\n`);
    await core.execs.start(Id, { Detach: true });
    return core.execs.inspect(Id);
  },
};

const [root = '', verb = '', input = '{}'] = process.argv.slice(2);
const core = openCore({ root });
try {
  const result = await VERBS[verb]?.(core, JSON.parse(input) as Input);
  process.stdout.write(`${JSON.stringify(result ?? null)}\n`);
} finally {
  await core.close();
}

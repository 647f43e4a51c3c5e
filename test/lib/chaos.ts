/**
 * Does engine operations at random on a few named containers: `node chaos.ts ROOT SEED COUNT`. Refusals that follow from what
 * others do at the same time are fine; anything else ends it with status 1.
 */
import { isBerthError } from '#base/errors.ts';
import { type Core, openCore } from '#engine/open-core.ts';

const NAMES = ['one', 'two', 'three'];
const EXPECTED = ['conflict', 'not-found', 'not-modified'];

/** A small generator (mulberry32), so that a seed repeats a run. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const OPERATIONS: readonly ((core: Core, name: string) => Promise<unknown>)[] = [
  (core, name) =>
    core.containers.create({ Image: 'busybox', Cmd: ['sleep', '1000'], HostConfig: { NetworkMode: 'none' } }, { name }),
  (core, name) => core.containers.start(name),
  (core, name) => core.containers.start(name),
  (core, name) => core.containers.stop(name, { timeout: 0 }),
  (core, name) => core.containers.kill(name),
  (core, name) => core.containers.restart(name, { timeout: 0 }),
  (core, name) => core.containers.remove(name, { force: true }),
  (core, name) => core.containers.pause(name).then(() => core.containers.unpause(name)),
  async (core, name) => {
    const { Id } = await core.execs.create(name, { Cmd: ['true'] });
    await core.execs.start(Id, { Detach: true });
  },
  (core) => core.containers.list({ all: true }),
];

const [root = '', seed = '1', count = '10'] = process.argv.slice(2);
const random = generator(Number(seed));
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
const core = openCore({ root });
for (let i = 0; i < Number(count); i++) {
  try {
    await pick(OPERATIONS)(core, pick(NAMES));
  } catch (error) {
    const starts =
      isBerthError(error) &&
      /^(failed to create task|OCI runtime exec failed|Container .* is not paused)/.test(error.message);
    if (!starts && !(isBerthError(error) && EXPECTED.includes(error.kind))) throw error;
  }
}
await core.close();

/** Processes that are killed beside the daemon, and what must be true in spite of it. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import type { Core } from '#engine/open-core.ts';
import { namesDirectory } from '#network/names/name-ops.ts';
import { processesNaming } from '../system/names/container.ts';
import { IMAGE, run } from './engine-fixture.ts';
import type { Random } from './random.ts';

const NETWORK = 'chaos';
/** Containers that find each other by name, and must run until the end. */
const NAMED: readonly string[] = ['named-a', 'named-b'];

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // ended meanwhile
  }
}

/** Containers on a network of their own. */
export async function startNamed(core: Core): Promise<void> {
  const { createNetworks } = await import('#engine/networks/engine-networks.ts');
  await createNetworks(core.context, async (ref) => (await core.containers.locate(ref)).id).create({ Name: NETWORK });
  for (const name of NAMED) {
    await core.containers.create(
      { Image: IMAGE, Cmd: ['sleep', '100000'], HostConfig: { NetworkMode: NETWORK } },
      { name },
    );
    await core.containers.start(name);
  }
}

/** At times the keeper of a container, at times the resolver of names or its guard. */
export function killSomething(core: Core, random: Random, containers: readonly string[]): void {
  if (random.chance(0.3)) {
    const id = core.context.containers.idOfName(random.pick(containers));
    const row = id === undefined ? undefined : core.context.containers.get(id);
    if (row?.status === 'running' && row.keeperPid > 0) kill(row.keeperPid);
  }
  if (random.chance(0.3)) {
    const pids = processesNaming(namesDirectory(core.root)).filter((pid) => isResolver(pid));
    if (pids.length > 0) kill(random.pick(pids));
  }
}

function isResolver(pid: number): boolean {
  try {
    return /^berth-(guard|resolver)$/.test(readFileSync(`/proc/${pid}/comm`, 'utf8').trim());
  } catch {
    return false; // ended meanwhile
  }
}

/** Names are answered, and every container is in the state that it is said to be in. */
export async function assertTrue(core: Core): Promise<void> {
  for (const name of NAMED) {
    const { State } = await core.containers.inspect(name);
    assert.equal(State.Running, true, name);
    const asked = await run(core, {
      Image: IMAGE,
      Cmd: ['nslookup', name, '127.0.0.11'],
      HostConfig: { NetworkMode: NETWORK },
    });
    assert.equal(asked.code, 0, `${name}: ${asked.stdout}${asked.stderr}`);
  }
  for (const { Id, State: said } of await core.containers.list({ all: true })) {
    const { State } = await core.containers.inspect(Id);
    assert.equal(State.Status, said, Id);
    assert.equal(State.Running, State.Pid > 0 && existsSync(`/proc/${State.Pid}`), `${Id}: ${JSON.stringify(State)}`);
  }
}

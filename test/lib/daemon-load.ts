/** Clients of a daemon that is killed under them: they do what clients do, and remember what they were promised. */

import { type Answer, callSocket } from './daemon-process.ts';
import { request } from './engine-fixture.ts';
import type { Random } from './random.ts';

/** A container that runs to an end of its own: what its exit status and its output must be, whoever watched. */
export interface Promised {
  readonly id: string;
  readonly exitCode: number;
  readonly output: string;
}

export interface Load {
  readonly promised: Promised[];
  /** How many requests got an answer. */
  answered: number;
}

const LINES = 200;

/** A request to a daemon that may be gone; `undefined` without an answer. */
async function ask(socketPath: string, method: string, path: string, body?: unknown): Promise<Answer | undefined> {
  try {
    return await callSocket(socketPath, method, path, body);
  } catch {
    return undefined; // killed, or not there again yet
  }
}

/** A container whose end is known beforehand, created and started. */
async function promise(socketPath: string, random: Random, load: Load): Promise<void> {
  const exitCode = random.below(100);
  const script = `i=0; while [ $i -lt ${LINES} ]; do echo line $i; i=$((i+1)); done; exit ${exitCode}`;
  const made = await ask(socketPath, 'POST', '/containers/create', request(['sh', '-c', script]));
  if (made?.status !== 201) return;
  const { Id: id } = JSON.parse(made.text) as { Id: string };
  const started = await ask(socketPath, 'POST', `/containers/${id}/start`);
  const output = Array.from({ length: LINES }, (_, index) => `line ${index}\n`).join('');
  // Without an answer the start may have happened or not: both are right, but a start that was confirmed has happened.
  if (started?.status === 204) load.promised.push({ id, exitCode, output });
  load.answered += started === undefined ? 1 : 2;
}

/** One of the other things that clients do, to containers that everybody shares. */
async function disturb(socketPath: string, random: Random, load: Load): Promise<void> {
  const name = random.pick(['shared-a', 'shared-b', 'shared-c']);
  const actions: readonly (() => Promise<Answer | undefined>)[] = [
    () => ask(socketPath, 'POST', `/containers/create?name=${name}`, request(['sleep', '1000'])),
    () => ask(socketPath, 'POST', `/containers/${name}/start`),
    () => ask(socketPath, 'POST', `/containers/${name}/stop?t=0`),
    () => ask(socketPath, 'POST', `/containers/${name}/restart?t=0`),
    () => ask(socketPath, 'DELETE', `/containers/${name}?force=1`),
    () => ask(socketPath, 'GET', `/containers/${name}/logs?stdout=1`),
    () => ask(socketPath, 'GET', '/containers/json?all=1'),
    async () => {
      const made = await ask(socketPath, 'POST', `/containers/${name}/exec`, { Cmd: ['true'] });
      if (made?.status !== 201) return made;
      const { Id } = JSON.parse(made.text) as { Id: string };
      return ask(socketPath, 'POST', `/exec/${Id}/start`, { Detach: true });
    },
  ];
  if ((await random.pick(actions)()) !== undefined) load.answered += 1;
}

/** Works until it is told to stop. */
export async function workUntil(socketPath: string, random: Random, load: Load, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    await (random.chance(0.2) ? promise(socketPath, random, load) : disturb(socketPath, random, load));
    // Without a daemon every request fails at once.
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

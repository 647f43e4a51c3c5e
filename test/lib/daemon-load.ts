/** Clients of a daemon that is killed under them: they do what clients do, and remember what they were promised. */

import { request as httpRequest } from 'node:http';
import { type Answer, callSocket } from './daemon-process.ts';
import { request, split } from './engine-fixture.ts';
import type { Random } from './random.ts';

/** A container that runs to an end of its own: what its exit status and its output must be, whoever watched. */
export interface Promised {
  readonly id: string;
  readonly exitCode: number;
  readonly output: string;
}

export interface Load {
  readonly promised: Promised[];
  /** What attached clients have read: the beginning of a container's output, all of it where the daemon lived. */
  readonly attached: { readonly id: string; readonly text: string }[];
  /** Names of images whose pull was confirmed; nobody removes them. */
  readonly pulled: Set<string>;
  /** Images of a registry that may be pulled. */
  readonly images: readonly string[];
  /** How many requests got an answer. */
  answered: number;
}

const LINES = 200;
/** Of the images of the load, so many are pulled and removed all the time; the others stay. */
const FLEETING = 2;
export const SHARED: readonly string[] = ['shared-a', 'shared-b', 'shared-c'];

/** A request to a daemon that may be gone; `undefined` without an answer. */
async function ask(socketPath: string, method: string, path: string, body?: unknown): Promise<Answer | undefined> {
  try {
    return await callSocket(socketPath, method, path, body);
  } catch {
    return undefined; // killed, or not there again yet
  }
}

/** Attaches to the output; resolves when the stream has ended, of itself or with the daemon. `ready` when it is there. */
function attach(socketPath: string, id: string): { readonly ready: Promise<void>; readonly text: Promise<string> } {
  const ready = Promise.withResolvers<void>();
  const text = Promise.withResolvers<string>();
  const chunks: Buffer[] = [];
  const end = () => {
    ready.resolve();
    text.resolve(split(Buffer.concat(chunks)).stdout);
  };
  const path = `/containers/${id}/attach?stream=1&stdout=1&stderr=1`;
  const headers = { connection: 'Upgrade', upgrade: 'tcp' };
  const message = httpRequest({ socketPath, method: 'POST', path, headers, agent: false });
  message.on('upgrade', (_response, socket, head: Buffer) => {
    chunks.push(head);
    ready.resolve();
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', end).on('close', end);
  });
  message.on('response', (response) => response.resume().on('close', end));
  message.on('error', end);
  message.end();
  return { ready: ready.promise, text: text.promise };
}

/** A container whose end is known beforehand, created and started; at times somebody is attached to it. */
async function promise(socketPath: string, random: Random, load: Load): Promise<void> {
  const exitCode = random.below(100);
  const script = `i=0; while [ $i -lt ${LINES} ]; do echo line $i; i=$((i+1)); done; exit ${exitCode}`;
  const made = await ask(socketPath, 'POST', '/containers/create', request(['sh', '-c', script]));
  if (made?.status !== 201) return;
  const { Id: id } = JSON.parse(made.text) as { Id: string };
  const watcher = random.chance(0.5) ? attach(socketPath, id) : undefined;
  await watcher?.ready;
  const started = await ask(socketPath, 'POST', `/containers/${id}/start`);
  const output = Array.from({ length: LINES }, (_, index) => `line ${index}\n`).join('');
  // Without an answer the start may have happened or not: both are right, but a start that was confirmed has happened.
  if (started?.status === 204) {
    load.promised.push({ id, exitCode, output });
    if (watcher !== undefined) load.attached.push({ id, text: await watcher.text });
  }
  load.answered += started === undefined ? 1 : 2;
}

async function pull(socketPath: string, random: Random, load: Load): Promise<void> {
  const at = random.below(load.images.length);
  const name = load.images[at] as string;
  const answer = await ask(socketPath, 'POST', `/images/create?fromImage=${encodeURIComponent(name)}`);
  if (answer === undefined) return;
  load.answered += 1;
  const last = answer.text.trim().split('\r\n').at(-1) ?? '';
  if (answer.status !== 200 || !/"status":"Status: /.test(last)) {
    // A pull whose image somebody else removes meanwhile may fail; the images that stay may not.
    if (at >= FLEETING) throw new Error(`pull of ${name}: ${answer.status} ${answer.text}`);
    return;
  }
  if (at >= FLEETING) load.pulled.add(name);
}

/** One of the other things that clients do, to containers that everybody shares. */
async function disturb(socketPath: string, random: Random, load: Load): Promise<void> {
  const name = random.pick(SHARED);
  const image = load.images[random.below(FLEETING)] ?? '';
  const actions: readonly (() => Promise<Answer | undefined>)[] = [
    () => ask(socketPath, 'POST', `/containers/create?name=${name}`, request(['sleep', '1000'])),
    () => ask(socketPath, 'POST', `/containers/${name}/start`),
    () => ask(socketPath, 'POST', `/containers/${name}/stop?t=0`),
    () => ask(socketPath, 'POST', `/containers/${name}/restart?t=0`),
    () => ask(socketPath, 'DELETE', `/containers/${name}?force=1`),
    () => ask(socketPath, 'GET', `/containers/${name}/logs?stdout=1`),
    () => ask(socketPath, 'GET', '/containers/json?all=1'),
    () => ask(socketPath, 'DELETE', `/images/${image}?force=1`),
    async () => {
      const made = await ask(socketPath, 'POST', `/containers/${name}/exec`, { Cmd: ['true'] });
      if (made?.status !== 201) return made;
      const { Id } = JSON.parse(made.text) as { Id: string };
      return ask(socketPath, 'POST', `/exec/${Id}/start`, { Detach: true });
    },
  ];
  const answer = await random.pick(actions)();
  if (answer === undefined) return;
  if (answer.status >= 500 && !isExpected(answer)) throw new Error(`${answer.status}: ${answer.text}`);
  load.answered += 1;
}

/** An exec or a start in a container that somebody else ends at that moment fails as docker's does. */
function isExpected({ text }: Answer): boolean {
  return /OCI runtime exec failed|failed to create task|daemon ends|is not running|cannot kill|cannot restart/i.test(
    text,
  );
}

/** Works until it is told to stop. */
export async function workUntil(socketPath: string, random: Random, load: Load, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    const dice = random.next();
    if (dice < 0.2) await promise(socketPath, random, load);
    else if (dice < 0.3) await pull(socketPath, random, load);
    else await disturb(socketPath, random, load);
    // Without a daemon every request fails at once.
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { complete } from './complete.ts';
import type { ValueKind } from './value-kinds.ts';

const NAMES: Readonly<Record<string, readonly string[]>> = {
  container: ['web', 'db', 'old'],
  'running container': ['web', 'db'],
  'stopped container': ['old'],
  image: ['busybox', 'busybox:latest', 'registry:5000/app:1'],
};
const look = async (kind: ValueKind) =>
  typeof kind === 'string' ? (NAMES[kind] ?? []).map((value) => ({ value })) : [];

async function values(...words: string[]): Promise<string[]> {
  return (await complete(words, look)).candidates.map(({ value }) => value);
}

test('complete() offers commands, groups and what is in a group', async () => {
  assert.deepEqual(await values('sto'), ['stop']);
  assert.ok((await values('')).includes('container'));
  assert.deepEqual(await values('container', 'pa'), ['pause']);
  assert.deepEqual(await values('container', 'nonsense', ''), []);
});

test('complete() offers names in the state that a command can use', async () => {
  assert.deepEqual(await values('stop', ''), ['web', 'db']);
  assert.deepEqual(await values('stop', 'web', ''), ['db']);
  assert.deepEqual(await values('start', ''), ['old']);
  assert.deepEqual(await values('container', 'logs', 'd'), ['db']);
  assert.deepEqual(await values('exec', '-it', 'web', ''), []);
});

test('complete() offers flags, leaves out what was given and repeats what may be', async () => {
  assert.deepEqual(await values('stop', '--ti'), ['--timeout']);
  assert.ok((await values('run', '--env', 'A=1', '--en')).includes('--env'));
  assert.ok(!(await values('run', '--rm', '--r')).includes('--rm'));
  assert.deepEqual(await values('run', 'busybox', '--r'), []);
});

test('complete() offers the values of flags', async () => {
  assert.deepEqual(await values('run', '--restart', 'un'), ['unless-stopped']);
  assert.deepEqual(await values('run', '--restart=un'), ['--restart=unless-stopped']);
  assert.deepEqual(await values('run', '--volumes-from', 'w'), ['web']);
  assert.deepEqual(await values('kill', '-s', 'SIGT'), ['SIGTERM']);
  assert.equal((await complete(['run', '--env-file', ''], look)).kind, 'files');
  assert.equal((await complete(['--root', ''], look)).kind, 'directories');
});

test('complete() finds the command behind global options and takes names with colons', async () => {
  assert.deepEqual(await values('--root', '/x', '-D', 'rmi', 'registry:'), ['registry:5000/app:1']);
  assert.deepEqual(await values('--root', '/x', 'rmi', '--', 'busybox'), ['busybox', 'busybox:latest']);
  assert.deepEqual(await values('--log-level', 'wa'), ['warn']);
});

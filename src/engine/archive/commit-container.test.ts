import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerConfig } from '#spec/docker-api/containers.ts';
import { committedConfig, committedName } from './commit-container.ts';

const CONFIG: ContainerConfig = {
  Hostname: 'abc',
  Domainname: '',
  User: '',
  AttachStdin: true,
  AttachStdout: true,
  AttachStderr: true,
  Tty: true,
  OpenStdin: true,
  StdinOnce: true,
  Env: ['A=b'],
  Cmd: ['sh'],
  Image: 'busybox',
  Volumes: null,
  WorkingDir: '/srv',
  Entrypoint: null,
  OnBuild: null,
  Labels: {},
};

test('committedConfig() takes what an image can say and nothing of the host', () => {
  assert.deepEqual(committedConfig(CONFIG), { Env: ['A=b'], Cmd: ['sh'], WorkingDir: '/srv' });
});

test('committedConfig() prefers what the request says', () => {
  assert.deepEqual(committedConfig(CONFIG, { Cmd: ['top'], Env: null, User: 'app', WorkingDir: '' }), {
    User: 'app',
    Env: ['A=b'],
    Cmd: ['top'],
    WorkingDir: '/srv',
  });
});

test('committedName() joins repository and tag', () => {
  assert.deepEqual([{}, { tag: 'x' }, { repository: 'a' }, { repository: 'a', tag: 'x' }].map(committedName), [
    undefined,
    undefined,
    'a',
    'a:x',
  ]);
});

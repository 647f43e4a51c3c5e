import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergeConfig } from './merge-config.ts';

const image = {
  Env: ['PATH=/bin', 'A=1'],
  Cmd: ['sh'],
  Entrypoint: ['/init'],
  WorkingDir: '/srv',
  User: 'app',
  Volumes: { '/data': {} },
  ExposedPorts: { '80/tcp': {} },
  Labels: { a: 'image', b: 'image' },
  StopSignal: 'SIGQUIT',
};

test('mergeConfig() takes what the client left out from the image', () => {
  const config = mergeConfig({ Image: 'x' }, image, 'host');
  assert.deepEqual(config.Cmd, ['sh']);
  assert.deepEqual(config.Entrypoint, ['/init']);
  assert.equal(config.User, 'app');
  assert.equal(config.WorkingDir, '/srv');
  assert.equal(config.StopSignal, 'SIGQUIT');
  assert.equal(config.Hostname, 'host');
  assert.deepEqual(config.Volumes, { '/data': {} });
});

test('mergeConfig() drops the image command when an entrypoint is given, and the entrypoint when it is [""]', () => {
  assert.deepEqual(mergeConfig({ Entrypoint: ['/x'] }, image, 'h').Cmd, null);
  const reset = mergeConfig({ Entrypoint: [''], Cmd: ['ls'] }, image, 'h');
  assert.deepEqual([reset.Entrypoint, reset.Cmd], [null, ['ls']]);
  assert.deepEqual(mergeConfig({ Entrypoint: [], Cmd: ['ls'] }, image, 'h').Entrypoint, []);
});

test('mergeConfig() puts the client variables and labels first', () => {
  const config = mergeConfig({ Env: ['A=2'], Labels: { a: 'own' } }, image, 'h');
  assert.deepEqual(config.Env, ['A=2', 'PATH=/bin']);
  assert.deepEqual(config.Labels, { a: 'own', b: 'image' });
});

test('mergeConfig() refuses what docker refuses', () => {
  const refuses = (request: object, message: string) =>
    assert.throws(() => mergeConfig(request, {}, 'h'), { kind: 'invalid', message });
  refuses({}, 'no command specified');
  refuses({ Cmd: ['x'], WorkingDir: 'a' }, "the working directory 'a' is invalid, it needs to be an absolute path");
  refuses({ Cmd: ['x'], Env: ['=1'] }, 'invalid environment variable: =1');
  refuses({ Cmd: ['x'], StopSignal: 'NOPE' }, 'invalid signal: NOPE');
  refuses({ Cmd: ['x'], Hostname: 'h'.repeat(65) }, `hostname "${'h'.repeat(65)}" is too long (maximum 64 bytes)`);
  refuses({ Cmd: ['x'], Healthcheck: { Interval: 5 } }, 'Interval in Healthcheck cannot be less than 1ms');
});

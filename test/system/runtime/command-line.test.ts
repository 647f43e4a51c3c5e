import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Scratch } from './bundle.ts';

test('--version, features and help print what engines read', async () => {
  await using scratch = new Scratch();
  const version = await scratch.run('--version');
  assert.match(version.stdout, /^berth-runtime version \d+\.\d+\.\d+\nspec: 1\.3\.\d+\n$/);
  const features = JSON.parse((await scratch.run('features')).stdout);
  assert.equal(features.ociVersionMax, '1.3.0');
  assert.ok(features.linux.namespaces.includes('time'));
  assert.ok(features.mountOptions.includes('rro'));
  assert.match((await scratch.run('--help')).stdout, /COMMANDS:/);
  assert.match((await scratch.run('create', '--help')).stdout, /--console-socket/);
});

test('wrong command lines are refused by name', async () => {
  await using scratch = new Scratch();
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['checkpoint', 'x'], /checkpoint: checkpointing is not supported/],
    [['restore', 'x'], /restore: restoring from a checkpoint is not supported/],
    [['--systemd-cgroup', 'list'], /makes control groups itself/],
    [['nonsense'], /No help topic for 'nonsense'/],
    [['state'], /requires exactly 1 argument/],
    [['state', '--odd', 'x'], /flag provided but not defined: -odd/],
    [['kill', 'x', 'SIGODD'], /invalid signal: SIGODD/],
    [['state', '../x'], /invalid container ID format/],
    [['list', '--format', 'xml'], /invalid format option/],
    [['--root', '/', 'list'], /should not be set to \//],
  ];
  for (const [args, message] of cases) {
    const outcome = await scratch.run(...args);
    assert.equal(outcome.status, 1, args.join(' '));
    assert.match(outcome.stderr, message);
  }
});

test('a terminal without a console socket is refused when nobody would hold it', async () => {
  await using scratch = new Scratch();
  const bundle = await scratch.bundle(['true'], (config) => ({
    ...config,
    process: { cwd: '/', ...config.process, terminal: true },
  }));
  const outcome = await scratch.run('create', '--bundle', bundle, scratch.newId());
  assert.match(outcome.stderr, /cannot allocate tty if the runtime will detach without setting console socket/);
});

test('run with a terminal couples it with the caller', async () => {
  await using scratch = new Scratch();
  const bundle = await scratch.bundle(['sh', '-c', 'tty; echo done; exit 4'], (config) => ({
    ...config,
    process: { cwd: '/', ...config.process, terminal: true },
  }));
  const outcome = await scratch.run('run', '--bundle', bundle, scratch.newId());
  assert.equal(outcome.stdout, '/dev/pts/0\ndone\n', outcome.stderr);
  assert.equal(outcome.status, 4);
});

import assert from 'node:assert/strict';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatagramListener, sendDatagram } from '#sys/datagram-socket.ts';
import { Scratch } from './bundle.ts';

test('a poststart hook that fails destroys the container, and its poststop hooks run', async () => {
  await using scratch = new Scratch();
  const mark = join(scratch.dir, 'stopped');
  const bundle = await scratch.bundle(['sleep', '1000'], (config) => ({
    ...config,
    hooks: {
      poststart: [{ path: '/bin/true' }, { path: '/bin/false' }],
      poststop: [{ path: '/bin/touch', args: ['touch', mark] }],
    },
  }));
  const words = /error running poststart hook #1: \/bin\/false: /;
  const id = scratch.newId();
  const attached = await scratch.run('run', '--bundle', bundle, id);
  assert.equal(attached.status, 1);
  assert.match(attached.stderr, words);
  assert.ok(existsSync(mark));
  await scratch.runDetached('create', '--bundle', bundle, id);
  const started = await scratch.run('start', id);
  assert.equal(started.status, 1);
  assert.match(started.stderr, words);
  assert.equal(await scratch.status(id), 'none');
});

test('start waits until the container is ready where a service manager waits, and tells it', async () => {
  await using scratch = new Scratch();
  const path = join(scratch.dir, 'manager.sock');
  using manager = await DatagramListener.open(path);
  const bundle = await scratch.bundle(['sh', '-c', 'echo $NOTIFY_SOCKET > /out/told; sleep 1000'], (config) => {
    mkdirSync(join(scratch.dir, 'out'));
    const out = { destination: '/out', source: join(scratch.dir, 'out'), options: ['bind'] };
    return { ...config, mounts: [...(config.mounts ?? []), out] };
  });
  const id = scratch.newId();
  process.env['NOTIFY_SOCKET'] = path;
  try {
    const running = scratch.runDetached('run', '--detach', '--bundle', bundle, id);
    let ended = false;
    void running.then(() => (ended = true));
    const inside = join(scratch.root, id, 'notify', 'notify.sock');
    await until(() => existsSync(inside) && existsSync(join(scratch.dir, 'out', 'told')));
    await sendDatagram(inside, 'STATUS=nearly\n');
    assert.equal(ended, false);
    await sendDatagram(inside, 'READY=1\nSTATUS=done\n');
    assert.equal((await running).status, 0);
    const { stdout } = await scratch.run('state', id);
    assert.equal(manager.receive(), `READY=1\nMAINPID=${(JSON.parse(stdout) as { pid: number }).pid}\n`);
    const { stdout: told } = await scratch.run('exec', id, 'cat', '/out/told');
    assert.equal(told, '/run/notify/notify.sock\n');
  } finally {
    delete process.env['NOTIFY_SOCKET'];
  }
});

async function until(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 60_000; !condition(); await sleep(10)) assert.ok(Date.now() < deadline);
}

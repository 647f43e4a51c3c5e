import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { ENTRY, Scratch, withLinux } from './bundle.ts';

test('create, start, kill and delete lead from state to state', async () => {
  await using scratch = new Scratch();
  const id = scratch.newId();
  const bundle = await scratch.bundle(['sleep', '1000']);
  const pidFile = join(scratch.dir, 'pid');
  const created = await scratch.runDetached('create', '--bundle', bundle, '--pid-file', pidFile, id);
  assert.deepEqual(created, { status: 0, stdout: '', stderr: '' });
  const state = JSON.parse((await scratch.run('state', id)).stdout);
  assert.equal(state.status, 'created');
  assert.equal(state.pid, Number(readFileSync(pidFile, 'utf8')));
  assert.equal(state.bundle, bundle);
  assert.equal((await scratch.run('start', id)).status, 0);
  assert.equal(await scratch.status(id), 'running');
  const again = await scratch.run('start', id);
  assert.equal(again.status, 1);
  assert.match(again.stderr, /cannot start an already running container/);
  const early = await scratch.run('delete', id);
  assert.equal(early.status, 1);
  assert.match(early.stderr, /is not stopped: running/);
  assert.equal((await scratch.run('kill', id, 'KILL')).status, 0);
  await scratch.untilStatus(id, 'stopped');
  const late = await scratch.run('kill', id, 'TERM');
  assert.equal(late.status, 1);
  assert.match(late.stderr, /container not running/);
  assert.equal((await scratch.run('delete', id)).status, 0);
  assert.match((await scratch.run('state', id)).stderr, /container does not exist/);
  assert.deepEqual(
    readdirSync(scratch.root).filter((name) => !name.startsWith('~')),
    [],
  );
});

test('run ends with the exit status of the process and leaves nothing', async () => {
  await using scratch = new Scratch();
  const id = scratch.newId();
  const bundle = await scratch.bundle(['sh', '-c', 'echo out; echo err >&2; exit 7']);
  assert.deepEqual(await scratch.run('run', '--bundle', bundle, id), { status: 7, stdout: 'out\n', stderr: 'err\n' });
  assert.equal(await scratch.status(id), 'none');
  const long = scratch.run('run', '--bundle', await scratch.bundle(['sleep', '1000']), id);
  await scratch.untilStatus(id, 'running');
  await scratch.run('kill', id, 'KILL');
  assert.equal((await long).status, 137);
});

test('run takes a null device that was opened in another mount namespace, as service managers give it', async () => {
  await using scratch = new Scratch();
  const bundle = await scratch.bundle(['echo', 'ran']);
  const words = ['--root', scratch.root, 'run', '--bundle', bundle, scratch.newId()];
  const stdout = execFileSync('unshare', ['-m', '--propagation', 'private', process.execPath, ENTRY, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
  });
  assert.equal(stdout, 'ran\n');
});

test('the configuration of a container is the one it was created with', async () => {
  await using scratch = new Scratch();
  const id = scratch.newId();
  const bundle = await scratch.bundle(['sh', '-c', 'hostname > /tmp/name'], (config) => ({
    ...config,
    root: { path: 'rootfs' },
  }));
  await scratch.runDetached('create', '--bundle', bundle, id);
  const file = join(bundle, 'config.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace('"hostname":"berth"', '"hostname":"other"'));
  await scratch.run('start', id);
  await scratch.untilStatus(id, 'stopped');
  assert.equal(readFileSync(join(bundle, 'rootfs/tmp/name'), 'utf8'), 'berth\n');
});

test('a failed create leaves no state, no control group and a message for engines', async () => {
  await using scratch = new Scratch();
  const id = scratch.newId();
  const log = join(scratch.dir, 'log.json');
  const bundle = await scratch.bundle(['nosuch']);
  const failed = await scratch.run('--log', log, '--log-format', 'json', 'create', '--bundle', bundle, id);
  assert.equal(failed.status, 1);
  const message = JSON.parse(readFileSync(log, 'utf8'));
  assert.equal(message.level, 'error');
  assert.match(message.msg, /exec: "nosuch": executable file not found in \$PATH/);
  assert.equal(await scratch.status(id), 'none');
  assert.equal(existsSync(`/sys/fs/cgroup/memory/berth/${id}`), false);
  const taken = scratch.newId();
  await scratch.runDetached('create', '--bundle', await scratch.bundle(['true']), taken);
  const second = await scratch.run('create', '--bundle', bundle, taken);
  assert.match(second.stderr, /container with given ID already exists/);
  assert.equal(await scratch.status(taken), 'created');
});

test('pause, resume, ps, list and update act on the control group', async () => {
  await using scratch = new Scratch();
  const id = scratch.newId();
  const bundle = await scratch.bundle(['sleep', '1000'], (config) =>
    withLinux(config, { resources: { ...config.linux?.resources, memory: { limit: 64 << 20 }, pids: { limit: 20 } } }),
  );
  assert.equal((await scratch.runDetached('run', '--detach', '--bundle', bundle, id)).status, 0);
  assert.equal((await scratch.run('pause', id)).status, 0);
  assert.equal(await scratch.status(id), 'paused');
  assert.match((await scratch.run('exec', id, 'true')).stderr, /cannot exec in a paused container/);
  assert.equal((await scratch.run('resume', id)).status, 0);
  assert.match((await scratch.run('resume', id)).stderr, /container not paused/);
  const { pid } = JSON.parse((await scratch.run('state', id)).stdout);
  assert.deepEqual(JSON.parse((await scratch.run('ps', '--format', 'json', id)).stdout), [pid]);
  const [only] = JSON.parse((await scratch.run('list', '--format', 'json')).stdout);
  assert.equal(only.id, id);
  assert.equal((await scratch.run('update', '--memory', '128M', '--pids-limit', '30', id)).status, 0);
  const stats = JSON.parse((await scratch.run('events', '--stats', id)).stdout);
  assert.equal(stats.data.memory.usage.limit, 128 << 20);
  assert.equal(stats.data.pids.limit, 30);
  assert.equal((await scratch.run('pause', id)).status, 0);
  assert.equal((await scratch.run('delete', '--force', id)).status, 0);
  assert.equal((await scratch.run('delete', '--force', id)).status, 0);
});

test('two creates of one id: exactly one wins', async () => {
  await using scratch = new Scratch();
  const id = scratch.newId();
  const bundle = await scratch.bundle(['sleep', '1000']);
  const results = await Promise.all([1, 2, 3].map(() => scratch.runDetached('create', '--bundle', bundle, id)));
  assert.deepEqual(results.map(({ status }) => status).sort(), [0, 1, 1]);
  assert.equal(await scratch.status(id), 'created');
});

test('a created container ends by SIGTERM; its pidfd goes to who listens for it', async () => {
  await using scratch = new Scratch();
  const socket = join(scratch.dir, 'pidfd.sock');
  const server = createServer().listen(socket);
  const sent = once(server, 'connection').then(([connection]: Socket[]) => once(connection ?? assert.fail(), 'data'));
  const id = scratch.newId();
  const bundle = await scratch.bundle(['sleep', '1000']);
  const created = await scratch.runDetached('create', '--bundle', bundle, '--pidfd-socket', socket, id);
  assert.deepEqual(created, { status: 0, stdout: '', stderr: '' });
  assert.equal(String((await sent)[0]), 'pidfd');
  server.close();
  const { pid } = JSON.parse((await scratch.run('state', id)).stdout) as { pid: number };
  const open = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  assert.ok(!open.some((target) => target.startsWith('/sys/fs/cgroup')), `no way out while it waits: ${open}`);
  assert.equal((await scratch.run('kill', id, 'TERM')).status, 0);
  await scratch.untilStatus(id, 'stopped');
});

test('a container gets no control group that others are in', async () => {
  await using scratch = new Scratch();
  const id = scratch.newId();
  const bundle = await scratch.bundle(['sleep', '1000'], (config) =>
    withLinux(config, { cgroupsPath: `/berth/${id}` }),
  );
  await scratch.runDetached('run', '--detach', '--bundle', bundle, id);
  const second = await scratch.run('run', '--bundle', bundle, `${id}-2`);
  assert.equal(second.status, 1);
  assert.match(second.stderr, /container's cgroup is not empty: 1 process\(es\) found/);
  assert.equal(await scratch.status(id), 'running');
});

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Scratch } from './bundle.ts';

let scratch: Scratch;
let id: string;

before(async () => {
  scratch = new Scratch();
  id = scratch.newId();
  const bundle = await scratch.bundle(['sleep', '1000'], (config) => ({ ...config, root: { path: 'rootfs' } }));
  const started = await scratch.runDetached('run', '--detach', '--bundle', bundle, id);
  assert.equal(started.status, 0, started.stderr);
});

after(async () => {
  await scratch[Symbol.asyncDispose]();
});

test('exec runs in the container, with its environment, and gives its exit status', async () => {
  const outcome = await scratch.run('exec', id, 'sh', '-c', 'hostname; echo $HOME; ls /proc | grep -c "^1$"; exit 5');
  assert.deepEqual(outcome, { status: 5, stdout: 'berth\n/root\n1\n', stderr: '' });
});

test('exec takes user, groups, directory, environment and capabilities from flags', async () => {
  const outcome = await scratch.run(
    'exec',
    ...['--user', '1000:1001', '--additional-gids', '5', '--cwd', '/tmp', '--env', 'A=b', '--cap', 'CAP_SYS_TIME', id],
    ...['sh', '-c', 'id -u; id -G; pwd; echo $A $HOME; grep CapBnd /proc/self/status'],
  );
  assert.equal(outcome.stdout, '1000\n1001 5\n/tmp\nb /tmp\nCapBnd:\t0000000022000420\n', outcome.stderr);
});

test('exec takes a process document', async () => {
  const file = join(scratch.dir, 'process.json');
  writeFileSync(
    file,
    JSON.stringify({
      cwd: '/',
      args: ['sh', '-c', 'id -u; echo $X'],
      env: ['PATH=/bin', 'X=1'],
      user: { uid: 3, gid: 3 },
    }),
  );
  assert.equal((await scratch.run('exec', '--process', file, id)).stdout, '3\n1\n');
  writeFileSync(file, JSON.stringify({ cwd: 'relative', args: ['sh'] }));
  assert.match((await scratch.run('exec', '--process', file, id)).stderr, /process\.cwd: must be an absolute path/);
});

test('exec detached leaves its pid and goes on', async () => {
  const pidFile = join(scratch.dir, 'exec.pid');
  const outcome = await scratch.runDetached('exec', '--detach', '--pid-file', pidFile, id, 'sleep', '900');
  assert.equal(outcome.status, 0, outcome.stderr);
  const pid = Number(readFileSync(pidFile, 'utf8'));
  assert.equal(readFileSync(`/proc/${pid}/cmdline`, 'utf8'), ['sleep', '900', ''].join('\0'));
  process.kill(pid, 'SIGKILL');
});

test('exec refuses what it can not do with a status that engines know', async () => {
  const missing = await scratch.run('exec', id, 'nosuch');
  assert.equal(missing.status, 255);
  assert.match(missing.stderr, /exec failed: .*exec: \\"nosuch\\": executable file not found in \$PATH/);
  assert.equal((await scratch.run('exec', 'no-such-container', 'true')).status, 255);
  const directory = await scratch.run('exec', '--cwd', '/not/there', id, 'true');
  assert.match(directory.stderr, /chdir to \/not\/there: no such file or directory/);
  const above = await scratch.run('exec', '--cgroup', '..', id, 'true');
  assert.match(above.stderr, /bad sub cgroup path/);
  const nowhere = await scratch.run('exec', '--cgroup', 'nowhere', id, 'true');
  assert.match(nowhere.stderr, /error adding pid to control group .*\/nowhere: no such file or directory/);
  const odd = await scratch.run('exec', '--cgroup', ':no:where', id, 'true');
  assert.match(odd.stderr, /error adding pid to control group .*\/no:where: no such file or directory/);
});

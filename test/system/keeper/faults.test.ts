import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { signalProcess, waitExit, watchExit } from '#sys/keeper/attach.ts';
import { readExitRecord } from '#sys/keeper/exit-record.ts';
import { launch } from '#sys/keeper/launch.ts';
import type { PlanOp } from '#sys/keeper/plan.ts';
import { basicPlan, makeScratch } from './basic-plan.ts';
import { assertNothingLeft, client, demultiplex, isAlive, started, until } from './running.ts';

const scratch = makeScratch();
after(() => scratch[Symbol.dispose]());

const open = { kind: 'pipes', stdin: 'open', uid: 0, gid: 0 } as const;

test('killing the keeper kills the process, and nobody reports an exit', async () => {
  const running = await started(scratch, { argv: ['sleep', '1000'] });
  const waiting = watchExit(running.runDir);
  process.kill(running.keeperPid, 'SIGKILL');
  await assert.rejects(waiting, { code: 'keeper.gone' });
  await until('the process is gone', () => !isAlive(running.pid));
  assert.equal(readExitRecord(running.runDir), undefined);
  await assertNothingLeft(scratch);
});

test('killing the keeper kills a process that changed its user', async () => {
  const running = await started(scratch, {
    argv: ['sleep', '1000'],
    beforeExec: [{ op: 'credentials', side: 'child', uid: 1000, gid: 1000, groups: [] }],
  });
  process.kill(running.keeperPid, 'SIGKILL');
  await until('the process is gone', () => !isAlive(running.pid));
});

test('killing the keeper before the start kills the waiting process', async () => {
  const paths = scratch.run();
  const launched = await launch(basicPlan(paths, scratch.lower, { argv: ['sleep', '1000'] }));
  process.kill(launched.keeperPid, 'SIGKILL');
  await assert.rejects(launched.start(), { code: 'keeper.died' });
  await until('the process is gone', () => !isAlive(launched.pid));
  await assertNothingLeft(scratch);
});

test('a process may be allowed to outlive its keeper', async () => {
  const paths = scratch.run();
  const plan = { ...basicPlan(paths, scratch.lower, { argv: ['sleep', '1000'] }), dieWithKeeper: false };
  const launched = await launch(plan);
  await launched.start();
  process.kill(launched.keeperPid, 'SIGKILL');
  await until('the keeper is gone', () => !isAlive(launched.keeperPid));
  assert.ok(isAlive(launched.pid));
  process.kill(launched.pid, 'SIGKILL');
  await until('the process is gone', () => !isAlive(launched.pid));
});

test('signals do not end the keeper', async () => {
  const running = await started(scratch, { argv: ['cat'], stdio: open });
  for (const signal of [
    'SIGTERM',
    'SIGINT',
    'SIGHUP',
    'SIGQUIT',
    'SIGUSR1',
    'SIGUSR2',
    'SIGPIPE',
    'SIGALRM',
  ] as const) {
    process.kill(running.keeperPid, signal);
  }
  const one = await client(running.runDir);
  one.stream.write('still here\n');
  await until('the keeper serves', () => one.text().includes('still here'));
  await signalProcess(running.runDir, 9);
  assert.equal((await waitExit(running.runDir)).signal, 9);
  assert.equal(demultiplex(await one.ended).stdout, 'still here\n');
});

test('the process gets no blocked or ignored signals from its keeper', async () => {
  const paths = scratch.run();
  const launched = await launch(basicPlan(paths, scratch.lower, { argv: ['cat', '/proc/self/status'] }));
  const one = await client(paths.runDir, { stdin: false });
  await launched.start();
  const { stdout } = demultiplex(await one.ended);
  assert.match(stdout, /SigBlk:\t0{16}\nSigIgn:\t0{16}/);
});

/** Runs the starter in a process of its own, which is killed at once after `step`. */
async function starterKilledAfter(
  step: 'created' | 'started',
  runDir: string,
  upper: string,
  work: string,
): Promise<number> {
  const script = `
    import { launch } from ${JSON.stringify(import.meta.resolve('#sys/keeper/launch.ts'))};
    import { basicPlan } from ${JSON.stringify(import.meta.resolve('./basic-plan.ts'))};
    const plan = basicPlan(${JSON.stringify({ runDir, upper, work })}, ${JSON.stringify(scratch.lower)}, { argv: ['sleep', '1000'] });
    const launched = await launch(plan);
    if (${JSON.stringify(step)} === 'started') await launched.start();
    console.log(launched.pid);
    setInterval(() => {}, 1000);`;
  const starter = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(starter.stdout, 'data')) as [Buffer];
  starter.kill('SIGKILL');
  await once(starter, 'exit');
  return Number(line.toString());
}

test('a starter killed after create leaves nothing; killed after start, a running process', async () => {
  const first = scratch.run();
  const created = await starterKilledAfter('created', first.runDir, first.upper, first.work);
  await until('the waiting process is gone', () => !isAlive(created));
  await assertNothingLeft(scratch);
  assert.equal(existsSync(join(first.runDir, 'ctl')), false);
  const second = scratch.run();
  const running = await starterKilledAfter('started', second.runDir, second.upper, second.work);
  assert.ok(isAlive(running));
  await signalProcess(second.runDir, 15);
  await signalProcess(second.runDir, 9);
  assert.equal((await waitExit(second.runDir)).exitCode, 137);
});

test('no descriptor of the keeper or its starter reaches the process', async () => {
  const running = await started(scratch, { argv: ['sleep', '1000'], stdio: { kind: 'terminal', stdin: 'open' } });
  assert.deepEqual(readdirSync(`/proc/${running.pid}/fd`), ['0', '1', '2']);
  assert.equal(readlinkSync(`/proc/${running.pid}/cwd`), '/');
  await signalProcess(running.runDir, 9);
  await waitExit(running.runDir);
});

test('the keeper program can not be written through any process that runs it', async () => {
  const running = await started(scratch, { argv: ['sleep', '1000'] });
  const mounts = readFileSync(`/proc/${running.keeperPid}/mountinfo`, 'utf8');
  assert.doesNotMatch(mounts, /keeper/);
  assert.throws(() => openSync(`/proc/${running.keeperPid}/exe`, constants.O_WRONLY), { code: /ETXTBSY|EROFS/ });
  process.kill(running.keeperPid, 'SIGKILL');
  await until('the process is gone', () => !isAlive(running.pid));
});

test('a script that names /proc/self/exe as its interpreter gets no writable keeper', async () => {
  writeFileSync(join(scratch.lower, 'exe-trick'), '#!/proc/self/exe\n', { mode: 0o755 });
  const paths = scratch.run();
  const launched = await launch(basicPlan(paths, scratch.lower, { argv: ['/exe-trick'] }));
  await launched.start();
  // The keeper itself ran in the container, found no plan and gave up.
  assert.notEqual((await waitExit(paths.runDir)).exitCode, 0);
});

test('a program named by a descriptor of the keeper is not found', async () => {
  const host = join(scratch.dir, 'host-programs');
  mkdirSync(host);
  copyFileSync('/bin/busybox', join(host, 'evil'));
  const paths = scratch.run();
  const launched = await launch(
    basicPlan(paths, scratch.lower, {
      argv: ['true'],
      before: [{ op: 'open', side: 'before', slot: 50, at: { path: host }, flags: constants.O_RDONLY }],
    }),
  );
  const fds = readdirSync(`/proc/${launched.pid}/fd`).filter((fd) => readLink(launched.pid, fd) === host);
  assert.equal(fds.length, 1, 'the waiting child holds the folder open');
  await launched.abort();
  const second = scratch.run();
  const plan = basicPlan(second, scratch.lower, {
    argv: ['evil', 'true'],
    name: `/proc/self/fd/${fds[0]}/evil`,
    before: [{ op: 'open', side: 'before', slot: 50, at: { path: host }, flags: constants.O_RDONLY }],
  });
  const again = await launch(plan);
  assert.equal(readLink(again.pid, fds[0] ?? ''), host, 'the same number again');
  await assert.rejects(again.start(), { code: 'start.not-found' });
});

function readLink(pid: number, fd: string): string {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`);
  } catch {
    return '';
  }
}

test('a directory of the host can not become the working directory through a descriptor', async () => {
  const plan = basicPlan(scratch.run(), scratch.lower, {
    argv: ['true'],
    before: [{ op: 'open', side: 'before', slot: 50, at: { path: scratch.dir }, flags: constants.O_RDONLY }],
    beforeGate: Array.from({ length: 40 }, (_, fd) => ({
      op: 'chdir' as const,
      side: 'child' as const,
      path: `/proc/self/fd/${fd}`,
      // Numbers that are closed, or are no directories.
      tolerate: [2, 13, 20],
    })),
  });
  await assert.rejects(launch(plan), { code: 'start.outside-root' });
});

test('a keeper killed while it cleans up leaves the record of the exit', async () => {
  const paths = scratch.run();
  const hang: PlanOp = { op: 'run', side: 'cleanup', argv: ['/bin/busybox', 'sleep', '1000'], env: [] };
  const launched = await launch(basicPlan(paths, scratch.lower, { argv: ['sh', '-c', 'exit 5'], cleanup: [hang] }));
  await launched.start();
  const early = await until('the early record is there', () => readExitRecord(paths.runDir, { keeperGone: true }));
  assert.equal(early.exitCode, 5);
  assert.equal(readExitRecord(paths.runDir), undefined);
  const waiting = waitExit(paths.runDir);
  process.kill(launched.keeperPid, 'SIGKILL');
  assert.equal((await waiting).exitCode, 5);
  for (const pid of await until('the hook is found', () => processesNamed('sleep\x001000', paths.runDir))) {
    process.kill(pid, 'SIGKILL');
  }
  await assertNothingLeft(scratch);
});

function processesNamed(args: string, cwd: string): number[] | undefined {
  const found = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(args) && readlinkSync(`/proc/${pid}/cwd`) === cwd;
      } catch {
        return false;
      }
    });
  return found.length > 0 ? found : undefined;
}

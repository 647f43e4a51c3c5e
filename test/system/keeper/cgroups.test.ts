import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { signalProcess, waitExit } from '#sys/keeper/attach.ts';
import { launch } from '#sys/keeper/launch.ts';
import type { PlanOp } from '#sys/keeper/plan.ts';
import { basicPlan, makeScratch } from './basic-plan.ts';
import { client, isAlive, runToEnd, started, until } from './running.ts';

const scratch = makeScratch();
after(() => scratch[Symbol.dispose]());

const child = { side: 'child' } as const;
const O_PATH = 0o10000000;

function cgroups(name: string): string[] {
  return ['pids', 'memory', 'freezer']
    .map((controller) => `/sys/fs/cgroup/${controller}`)
    .filter((dir) => existsSync(join(dir, 'cgroup.procs')))
    .map((dir) => join(dir, name));
}

const noV1 = cgroups('').length === 0 && 'needs cgroup v1';

test('control groups are joined, emptied of survivors and removed', { skip: noV1 }, async () => {
  const dirs = cgroups(`berth-keeper-test-${process.pid}`);
  const procs = dirs.map((dir) => join(dir, 'cgroup.procs'));
  const running = await started(scratch, {
    argv: ['sh', '-c', '(sleep 1000) & sleep 1000 & wait'],
    namespaces: ['mount'],
    before: dirs.map((path): PlanOp => ({ op: 'mkdir', side: 'before', at: { path }, mode: 0o755 })),
    parent: [
      { op: 'join-cgroups', side: 'parent', files: procs },
      { op: 'post', side: 'parent' },
    ],
    beforeGate: [{ ...child, op: 'wait' }],
    exit: { collect: [{ name: 'current', path: join(dirs[0] ?? '', 'pids.current') }] },
    cleanup: [
      { op: 'kill-cgroup', side: 'cleanup', procs },
      ...dirs.map((path): PlanOp => ({ op: 'rmdir', side: 'cleanup', at: { path }, retryMs: 5000 })),
    ],
  });
  const members = await until('three processes are inside', () => {
    const pids = readFileSync(procs[0] ?? '', 'utf8')
      .trim()
      .split('\n');
    return pids.length >= 3 && pids;
  });
  await signalProcess(running.runDir, 9);
  const record = await waitExit(running.runDir);
  assert.equal(record.cleanup, undefined);
  assert.equal(record.collected['current'], '2\n');
  assert.deepEqual(
    members.filter((pid) => isAlive(Number(pid))),
    [],
  );
  for (const dir of dirs) assert.equal(existsSync(dir), false);
});

test('a cleanup that fails is told in the record, and the rest of it is still done', async () => {
  const dir = mkdir('to-remove');
  const { record } = await runToEnd(scratch, {
    argv: ['true'],
    cleanup: [
      { op: 'unlink', side: 'cleanup', at: { path: dir } },
      { op: 'rmdir', side: 'cleanup', at: { path: dir } },
    ],
  });
  assert.equal(record.cleanup?.failed, 1);
  assert.equal(record.cleanup?.first.op, 'unlink');
  assert.equal(record.cleanup?.first.path, dir);
  assert.equal(existsSync(dir), false);
});

function mkdir(name: string): string {
  const path = join(scratch.dir, name);
  mkdirSync(path);
  return path;
}

after(() => {
  for (const dir of cgroups(`berth-keeper-test-${process.pid}`)) if (existsSync(dir)) rmdirSync(dir);
});

/** The folder of a cgroup v2 hierarchy on this machine, or undefined. */
function unified(): string | undefined {
  return ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'].find((dir) => existsSync(join(dir, 'cgroup.controllers')));
}

/** A BPF program that allows (1) or denies (0) every device: r0 = verdict; exit. */
function deviceProgram(verdict: 0 | 1): Uint8Array {
  const program = Buffer.alloc(16);
  program[0] = 0xb7;
  program.writeInt32LE(verdict, 4);
  program[8] = 0x95;
  return program;
}

test('cgroup v2: born inside, devices filtered, killed at once', { skip: unified() === undefined }, async () => {
  const dir = join(unified() ?? '', `berth-keeper-test-v2-${process.pid}`);
  const paths = scratch.run();
  const plan = basicPlan(paths, scratch.lower, {
    argv: ['sh', '-c', 'cat /proc/self/cgroup; (echo x > /dev/null) 2>&1; sleep 1000; true'],
    namespaces: ['mount'],
    cgroupSlot: 60,
    before: [
      { op: 'mkdir', side: 'before', at: { path: dir }, mode: 0o755 },
      { op: 'open', side: 'before', slot: 60, at: { path: dir }, flags: O_PATH },
    ],
    // The devices of the plan are made before they are forbidden.
    parent: [
      { op: 'wait', side: 'parent' },
      { op: 'device-filter', side: 'parent', cgroup: dir, program: deviceProgram(0) },
      { op: 'post', side: 'parent' },
    ],
    beforeGate: [
      { ...child, op: 'post' },
      { ...child, op: 'wait' },
    ],
    cleanup: [
      {
        op: 'kill-cgroup',
        side: 'cleanup',
        procs: [join(dir, 'cgroup.procs')],
        killFile: join(dir, 'cgroup.kill'),
      },
      { op: 'rmdir', side: 'cleanup', at: { path: dir }, retryMs: 5000 },
    ],
  });
  const launched = await launch(plan);
  const one = await client(paths.runDir, { stdin: false });
  await launched.start();
  await until('it was refused the device', () => one.text().includes('not permitted'));
  assert.match(one.text(), new RegExp(`0::.*/berth-keeper-test-v2-${process.pid}\n`));
  await until('its child runs', () => readFileSync(join(dir, 'cgroup.procs'), 'utf8').split('\n').length > 2);
  await signalProcess(paths.runDir, 9);
  assert.equal((await waitExit(paths.runDir)).cleanup, undefined);
  assert.equal(existsSync(dir), false);
});

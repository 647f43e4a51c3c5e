import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { signalProcess, waitExit } from '#sys/keeper/attach.ts';
import { isWaitingForStart, startHandoff } from '#sys/keeper/handoff.ts';
import { launch } from '#sys/keeper/launch.ts';
import type { LaunchPlan, NamespaceKind, StdioPlan } from '#sys/keeper/plan.ts';
import { basicPlan, makeScratch } from './basic-plan.ts';
import { assertNothingLeft, client, demultiplex, isAlive, started, until } from './running.ts';

const scratch = makeScratch();
after(() => scratch[Symbol.dispose]());

const TARGET = 0;
const JOINED: readonly NamespaceKind[] = ['mount', 'network', 'ipc', 'uts'];

/** A plan that runs a program in the namespaces of a running process. */
function execPlan(
  pid: number,
  argv: readonly string[],
  stdio: StdioPlan,
  mode: LaunchPlan['mode'] = 'supervise',
): LaunchPlan {
  return {
    mode,
    runDir: scratch.run().runDir,
    stdio,
    log: { driver: 'none' },
    exit: { collect: [] },
    ops: [
      { op: 'open-process', side: 'before', slot: TARGET, pid, startTime: startTimeOf(pid) },
      { op: 'join-namespaces', side: 'before', slot: TARGET, namespaces: ['pid'] },
      { op: 'clone', side: 'before', namespaces: [] },
      { op: 'join-namespaces', side: 'child', slot: TARGET, namespaces: JOINED },
      { op: 'chdir', side: 'child', path: '/' },
      ...(stdio.kind === 'terminal'
        ? [
            {
              op: 'terminal',
              side: 'child',
              at: { path: '/dev/pts/ptmx' },
              rows: 10,
              cols: 20,
              uid: 0,
              gid: 0,
            } as const,
          ]
        : []),
      { op: 'gate', side: 'child' },
      { op: 'exec', side: 'child', name: argv[0] ?? '', searchPath: '/bin', argv, env: ['PATH=/bin'] },
    ],
  };
}

function startTimeOf(pid: number): bigint {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return BigInt(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '');
}

test('a second process joins all namespaces of the first, and ends with it', async () => {
  const first = await started(scratch, {
    argv: ['sleep', '1000'],
    stdio: { kind: 'terminal', stdin: 'open' },
    beforePivot: [{ op: 'hostname', side: 'child', name: 'inside' }],
  });
  const plan = execPlan(first.pid, ['sh', '-c', 'hostname; ps -o pid,args; exit 4'], {
    kind: 'pipes',
    stdin: 'closed',
    uid: 0,
    gid: 0,
  });
  const second = await launch(plan);
  const one = await client(plan.runDir, { stdin: false });
  await second.start();
  assert.equal((await waitExit(plan.runDir)).exitCode, 4);
  assert.match(demultiplex(await one.ended).stdout, /^inside\nPID +COMMAND\n +1 sleep 1000\n/);
  const terminal = execPlan(first.pid, ['sh', '-c', 'stty size; sleep 1000'], { kind: 'terminal', stdin: 'open' });
  const third = await launch(terminal);
  const two = await client(terminal.runDir);
  await third.start();
  await until('the size came', () => two.text().includes('10 20'));
  await signalProcess(first.runDir, 9);
  await waitExit(first.runDir);
  assert.equal((await waitExit(terminal.runDir)).signal, 9);
  await assertNothingLeft(scratch);
});

test('joining a process that is another by now is refused', async () => {
  const plan = execPlan(process.pid, ['true'], { kind: 'null' });
  const ops = plan.ops.map((op) => (op.op === 'open-process' ? { ...op, startTime: 1n } : op));
  await assert.rejects(launch({ ...plan, ops }), { code: 'start.open-process' });
});

test('while it joins, a process can not be inspected through /proc by those inside', async () => {
  const first = await started(scratch, { argv: ['sleep', '1000'] });
  const plan = execPlan(first.pid, ['sleep', '1000'], { kind: 'null' });
  const waiting = await launch(plan);
  const inside = execPlan(
    first.pid,
    ['sh', '-c', 'for p in /proc/[0-9]*; do readlink $p/exe || echo "refused $p"; done'],
    { kind: 'pipes', stdin: 'closed', uid: 0, gid: 0 },
  );
  // Without CAP_SYS_PTRACE, as containers are.
  const limited = inside.ops.map((op) => op);
  const none = { bounding: 0n, permitted: 0n, effective: 0n, inheritable: 0n, ambient: 0n };
  limited.splice(limited.length - 2, 0, { op: 'credentials', side: 'child', uid: 0, gid: 0, capabilities: none });
  const looker = await launch({ ...inside, ops: limited });
  const one = await client(inside.runDir, { stdin: false });
  await looker.start();
  const { stdout } = demultiplex(await one.ended);
  assert.doesNotMatch(stdout, /keeper/);
  assert.match(stdout, /refused \/proc\/\d+/);
  await waiting.abort();
  await signalProcess(first.runDir, 9);
  await waitExit(first.runDir);
});

test('foreground waits and reports the exit status', async () => {
  const out = openSync(join(scratch.dir, 'foreground'), 'w');
  const plan = basicPlan(scratch.run(), scratch.lower, {
    mode: 'foreground',
    stdio: { kind: 'inherit' },
    argv: ['sh', '-c', 'echo words; kill -9 $$; exit 6'],
    namespaces: ['mount'],
  });
  const launched = await launch(plan, { stdio: [openSync('/dev/null', 'r'), out, out] });
  await launched.start();
  assert.deepEqual(await launched.exited, { code: 137, signal: 9 });
  closeSync(out);
  assert.equal(readFileSync(join(scratch.dir, 'foreground'), 'utf8'), 'words\n');
});

test('foreground passes descriptors on from 3 upwards and nothing else', async () => {
  const file = join(scratch.dir, 'passed');
  writeFileSync(file, 'from the host\n');
  const out = openSync(join(scratch.dir, 'foreground-fds'), 'w');
  const [one, two] = [openSync(file, 'r'), openSync('/dev/null', 'r')];
  const plan = {
    ...basicPlan(scratch.run(), scratch.lower, {
      mode: 'foreground',
      stdio: { kind: 'inherit' },
      argv: ['sh', '-c', 'cat <&3; ls /proc/self/fd'],
    }),
    preserveFds: 2,
  };
  const launched = await launch(plan, { stdio: [two, out, out], extraFds: [one, two] });
  await launched.start();
  assert.equal((await launched.exited).code, 0);
  for (const fd of [one, two, out]) closeSync(fd);
  // 5 is the folder that ls itself reads
  assert.equal(readFileSync(join(scratch.dir, 'foreground-fds'), 'utf8'), 'from the host\n0\n1\n2\n3\n4\n5\n');
});

function handoffPlan(argv: readonly string[]): LaunchPlan {
  return basicPlan(scratch.run(), scratch.lower, { mode: 'handoff', stdio: { kind: 'null' }, argv });
}

test('handoff leaves a waiting process that is started later, once', async () => {
  const plan = handoffPlan(['sleep', '1000']);
  const launched = await launch(plan);
  await launched.release();
  await until('the keeper is gone', () => !isAlive(launched.keeperPid));
  assert.ok(isAlive(launched.pid));
  assert.ok(isWaitingForStart(plan.runDir));
  await startHandoff(plan.runDir);
  assert.match(readlinkSync(`/proc/${launched.pid}/exe`), /busybox$/);
  assert.equal(isWaitingForStart(plan.runDir), false);
  await assert.rejects(startHandoff(plan.runDir), { code: 'handoff.not-waiting' });
  process.kill(launched.pid, 'SIGKILL');
  await until('the process is gone', () => !isAlive(launched.pid));
});

test('handoff reports at the start why the program can not be run', async () => {
  const plan = handoffPlan(['nowhere']);
  const launched = await launch(plan);
  await launched.release();
  await assert.rejects(startHandoff(plan.runDir), { code: 'start.not-found' });
  await until('the process is gone', () => !isAlive(launched.pid));
  await assert.rejects(startHandoff(plan.runDir), { code: 'handoff.not-waiting' });
});

test('handoff given up leaves nothing', async () => {
  const plan = handoffPlan(['sleep', '1000']);
  const launched = await launch(plan);
  await launched.abort();
  await until('the process is gone', () => !isAlive(launched.pid));
  assert.equal(isWaitingForStart(plan.runDir), false);
  await assertNothingLeft(scratch);
});

test('handoff sends the terminal to the console socket', async () => {
  const path = join(scratch.dir, 'console');
  const arrived = Promise.withResolvers<string>();
  const server = createServer((socket) => socket.on('data', (chunk) => arrived.resolve(String(chunk)))).listen(path);
  const plan = basicPlan(scratch.run(), scratch.lower, {
    mode: 'handoff',
    stdio: { kind: 'terminal', stdin: 'open', consoleSocket: path },
    argv: ['sleep', '1000'],
  });
  const launched = await launch(plan);
  assert.equal(await arrived.promise, '/dev/ptmx');
  await launched.release();
  server.close();
  process.kill(launched.pid, 'SIGKILL');
  await until('the process is gone', () => !isAlive(launched.pid));
});

test('tools of the machine agree that nothing of it is in the host mount table', () => {
  assert.doesNotMatch(execFileSync('cat', ['/proc/self/mounts'], { encoding: 'utf8' }), new RegExp(scratch.dir));
});

import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { signalProcess, waitExit } from '#sys/keeper/attach.ts';
import { readExitRecord, readStartTimeNs } from '#sys/keeper/exit-record.ts';
import { launch } from '#sys/keeper/launch.ts';
import { exitStatusOf, PlanError } from '#sys/keeper/plan-error.ts';
import { basicPlan, makeScratch, ROOT } from './basic-plan.ts';
import { assertNothingLeft, runToEnd, started, until } from './running.ts';

const scratch = makeScratch();
after(() => scratch[Symbol.dispose]());

test('launch() runs a program in namespaces of its own on an overlay', async () => {
  const { record, stdout, stderr } = await runToEnd(scratch, {
    argv: ['sh', '-c', 'echo pid $$; ls /proc/self/fd; echo made > /made; cat /made; echo oops >&2'],
  });
  assert.equal(record.exitCode, 0);
  assert.equal(stdout, 'pid 1\n0\n1\n2\n3\nmade\n');
  assert.equal(stderr, 'oops\n');
  assert.equal(existsSync(join(scratch.lower, 'made')), false);
  await assertNothingLeft(scratch);
});

test('launch() reports exit codes, signals and times in the exit record', async () => {
  const seven = await runToEnd(scratch, { argv: ['sh', '-c', 'exit 7'] });
  assert.equal(seven.record.exitCode, 7);
  assert.equal(seven.record.signal, undefined);
  assert.ok(seven.record.startedAt <= seven.record.finishedAt);
  assert.deepEqual(readExitRecord(seven.runDir), seven.record);
  assert.ok((readStartTimeNs(seven.runDir) ?? 0n) > 0n);
  const running = await started(scratch, { argv: ['sleep', '1000'] });
  assert.equal(readExitRecord(running.runDir), undefined);
  await signalProcess(running.runDir, constants.signals.SIGKILL);
  const killed = await waitExit(running.runDir);
  assert.deepEqual([killed.exitCode, killed.signal], [137, 9]);
});

test('launch() gives the program its environment, directory, ids and limits', async () => {
  const { stdout } = await runToEnd(scratch, {
    argv: ['sh', '-c', 'pwd; id -u; id -g; id -G; umask; echo $A; ulimit -Sn; cat /proc/self/status | head -60'],
    env: ['PATH=/bin', 'A=b c'],
    beforeGate: [
      { op: 'rlimit', side: 'child', resource: 7, soft: 100n, hard: 200n },
      { op: 'chdir', side: 'child', path: '/tmp' },
      { op: 'umask', side: 'child', mask: 0o27 },
      {
        op: 'credentials',
        side: 'child',
        uid: 12,
        gid: 34,
        groups: [34, 56],
        capabilities: { bounding: 0x21n, permitted: 0x21n, effective: 0x1n, inheritable: 0x20n, ambient: 0x20n },
      },
      { op: 'no-new-privileges', side: 'child' },
    ],
  });
  assert.match(stdout, /^\/tmp\n12\n34\n34 56\n0027\nb c\n100\n/);
  assert.match(stdout, /CapInh:\t0000000000000020\nCapPrm:\t0000000000000020\nCapEff:\t0000000000000020/);
  assert.match(stdout, /CapBnd:\t0000000000000021\nCapAmb:\t0000000000000020\nNoNewPrivs:\t1/);
});

test('start() says why a program can not be run', async () => {
  const put = (name: string, content: string, mode = 0o755) => {
    writeFileSync(join(scratch.lower, name), content);
    chmodSync(join(scratch.lower, name), mode);
  };
  put('plain', 'no program\n');
  put('closed', '#!/bin/sh\n', 0o644);
  put('lost', '#!/bin/bash\necho\n');
  put('dos', '#!/bin/sh\r\necho\r\n');
  const foreign = Buffer.from(readFileSync('/bin/busybox').subarray(0, 4096));
  foreign.writeUInt16LE(process.arch === 'x64' ? 183 : 62, 18);
  put('foreign', foreign.toString('latin1'));
  writeFileSync(join(scratch.lower, 'foreign'), foreign);
  const cases: [string, string, number, RegExp][] = [
    ['nowhere', 'not-found', 127, /exec: "nowhere": executable file not found in \$PATH/],
    ['/no/where', 'not-found', 127, /stat \/no\/where: no such file or directory/],
    ['/etc', 'directory', 126, /is a directory/],
    ['/closed', 'not-executable', 126, /permission denied/],
    ['/plain', 'bad-format', 126, /exec format error/],
    ['/lost', 'no-interpreter', 127, /its interpreter "\/bin\/bash" does not exist/],
    ['/dos', 'crlf-interpreter', 127, /CR LF/],
    ['/foreign', 'wrong-machine', 126, /this machine is/],
  ];
  for (const [name, reason, status, words] of cases) {
    const paths = scratch.run();
    const launched = await launch(basicPlan(paths, scratch.lower, { argv: [name] }));
    await assert.rejects(launched.start(), (error) => {
      assert.ok(error instanceof PlanError);
      assert.deepEqual([error.reason, exitStatusOf(error.failure)], [reason, status], name);
      assert.match(error.message, words);
      return true;
    });
  }
  await assertNothingLeft(scratch);
});

test('start() says that a mount forbids programs', async () => {
  const MOUNT_ATTR_NOEXEC = 8;
  const paths = scratch.run();
  const plan = basicPlan(paths, scratch.lower, {
    argv: ['true'],
    beforePivot: [
      {
        op: 'mount-attributes',
        side: 'child',
        at: { root: ROOT, path: '' },
        set: MOUNT_ATTR_NOEXEC,
        clear: 0,
        recursive: false,
      },
    ],
  });
  await assert.rejects(
    launch(plan).then((launched) => launched.start()),
    /exec: "true": (permission denied \(it lies on a mount)/,
  );
});

test('find-program fails the create before the gate', async () => {
  const paths = scratch.run();
  const plan = basicPlan(paths, scratch.lower, {
    argv: ['nowhere'],
    beforeGate: [{ op: 'find-program', side: 'child', name: 'nowhere', searchPath: '/bin' }],
  });
  await assert.rejects(launch(plan), { code: 'start.not-found' });
});

test('abort() and the end of the control channel before start leave nothing', async () => {
  const made = join(scratch.dir, 'made-by-plan');
  const plan = (paths: ReturnType<typeof scratch.run>) =>
    basicPlan(paths, scratch.lower, {
      argv: ['sleep', '1000'],
      before: [{ op: 'mkdir', side: 'before', at: { path: made }, mode: 0o700 }],
      cleanup: [{ op: 'rmdir', side: 'cleanup', at: { path: made } }],
    });
  const paths = scratch.run();
  const launched = await launch(plan(paths));
  assert.ok(existsSync(made));
  await launched.abort();
  await assertNothingLeft(scratch);
  assert.equal(existsSync(made), false);
  assert.equal(existsSync(join(paths.runDir, 'ctl')), false);
});

test('post and wait order parent and child', async () => {
  const log = join(scratch.dir, 'order');
  const line = (text: string) => ({ op: 'write' as const, at: { path: log }, data: text, create: 0o600, append: true });
  const { record } = await runToEnd(scratch, {
    argv: ['true'],
    parent: [
      { op: 'wait', side: 'parent' },
      { ...line('2 parent\n'), side: 'parent' },
      { op: 'post', side: 'parent' },
    ],
    beforePivot: [
      { ...line('1 child\n'), side: 'child' },
      { op: 'post', side: 'child' },
      { op: 'wait', side: 'child' },
      { ...line('3 child\n'), side: 'child' },
    ],
    started: [{ ...line('4 started\n'), side: 'started' }],
    cleanup: [{ ...line('5 cleanup\n'), side: 'cleanup' }],
  });
  assert.equal(record.exitCode, 0);
  assert.equal(readFileSync(log, 'utf8'), '1 child\n2 parent\n3 child\n4 started\n5 cleanup\n');
});

test('run passes the state with the pid, and its failure carries the last words', async () => {
  const out = join(scratch.dir, 'hook-out');
  const hook = (side: 'parent' | 'child', script: string, timeoutMs = 0) => ({
    op: 'run' as const,
    side,
    argv: ['sh', '-c', script],
    path: '/bin/busybox',
    env: ['PATH=/bin'],
    stdinBefore: '{"pid":',
    stdinAfter: '}',
    timeoutMs,
  });
  const paths = scratch.run();
  const launched = await launch(
    basicPlan(paths, scratch.lower, { argv: ['true'], parent: [hook('parent', `cat > ${out}`)] }),
  );
  assert.deepEqual(JSON.parse(readFileSync(out, 'utf8')), { pid: launched.pid });
  await launched.abort();
  const failing = basicPlan(scratch.run(), scratch.lower, {
    argv: ['true'],
    parent: [hook('parent', 'echo it is broken >&2; exit 4')],
  });
  await assert.rejects(launch(failing), /exit status 4: it is broken/);
  const hanging = basicPlan(scratch.run(), scratch.lower, {
    argv: ['true'],
    parent: [hook('parent', 'sleep 1000', 50)],
  });
  await assert.rejects(launch(hanging), { code: 'start.timeout' });
  await assertNothingLeft(scratch);
});

test('paths inside the root can not lead outside', async () => {
  const victim = join(scratch.dir, 'victim');
  mkdirSync(victim);
  writeFileSync(join(victim, 'file'), 'host\n');
  const lower = join(scratch.dir, 'evil');
  mkdirSync(lower);
  for (const dir of ['bin', 'dev', 'proc']) mkdirSync(join(lower, dir));
  writeFileSync(join(lower, 'bin', 'busybox'), readFileSync('/bin/busybox'), { mode: 0o755 });
  symlinkSync('busybox', join(lower, 'bin', 'sh'));
  symlinkSync(victim, join(lower, 'absolute'));
  symlinkSync('../../../../../../../../../..', join(lower, 'upwards'));
  symlinkSync(`../../..${victim}/new`, join(lower, 'dangling'));
  const at = (path: string) => ({ root: ROOT, path });
  const { record } = await runToEnd(
    { ...scratch, lower },
    {
      argv: ['sh', '-c', `busybox test -f ${victim}/inside && busybox test -d ${victim}/new/deeper`],
      beforePivot: [
        { op: 'mkdir', side: 'child', at: at(`/absolute`), mode: 0o755, parents: true, existOk: true },
        { op: 'write', side: 'child', at: at('/absolute/inside'), data: 'x', create: 0o600 },
        { op: 'mkdir', side: 'child', at: at('/dangling/deeper'), mode: 0o755, parents: true, existOk: true },
        { op: 'mkdir', side: 'child', at: at(`/upwards${victim}/up`), mode: 0o755, parents: true },
      ],
    },
  );
  assert.equal(record.exitCode, 0);
  assert.deepEqual(await until('listing', () => readFileSync(join(victim, 'file'), 'utf8')), 'host\n');
  assert.equal(existsSync(join(victim, 'inside')), false);
  assert.equal(existsSync(join(victim, 'new')), false);
  assert.equal(existsSync(join(victim, 'up')), false);
});

import assert from 'node:assert/strict';
import { chownSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { signalProcess, waitExit } from '#sys/keeper/attach.ts';
import { launch } from '#sys/keeper/launch.ts';
import type { PlanError } from '#sys/keeper/plan-error.ts';
import { basicPlan, makeScratch, ROOT } from './basic-plan.ts';
import { runToEnd, started } from './running.ts';

const scratch = makeScratch();
after(() => scratch[Symbol.dispose]());

const child = { side: 'child' } as const;
const inRoot = (path: string) => ({ root: ROOT, path });

test('masked and read-only paths', async () => {
  const { stdout } = await runToEnd(scratch, {
    argv: [
      'sh',
      '-c',
      'cat /proc/kcore | wc -c; ls /proc/sys | wc -l; mkdir /proc/sys/x 2>/dev/null || echo ro; touch /etc/x 2>/dev/null || echo ro; touch /tmp/x && echo rw',
    ],
    beforePivot: [
      { ...child, op: 'mask', at: inRoot('/proc/kcore') },
      { ...child, op: 'mask', at: inRoot('/proc/sys') },
      { ...child, op: 'mask', at: inRoot('/no/such/path') },
      { ...child, op: 'read-only', at: inRoot('/etc') },
      { ...child, op: 'read-only', at: inRoot('/no/such/path') },
    ],
  });
  assert.equal(stdout, '0\n0\nro\nro\nrw\n');
});

test('what the container has of the null device of the host can not be changed from inside', async () => {
  const facts = () => {
    const { mode, uid, gid, mtimeMs } = statSync('/dev/null');
    return { mode, uid, gid, mtimeMs };
  };
  const before = facts();
  const { stdout } = await runToEnd(scratch, {
    argv: [
      'sh',
      '-c',
      'for file in /proc/self/fd/0 /proc/keys; do touch -d @0 $file 2>/dev/null; chmod 600 $file 2>/dev/null; echo x >$file && echo written; done',
    ],
    beforePivot: [{ ...child, op: 'mask', at: inRoot('/proc/keys') }],
  });
  assert.equal(stdout, 'written\nwritten\n');
  assert.deepEqual(facts(), before);
});

test('proc and sysfs are not mounted where a link of the image leads', async () => {
  for (const fsType of ['proc', 'sysfs']) {
    const linked = makeScratch();
    try {
      mkdirSync(join(linked.lower, 'shared', 'sub'), { recursive: true });
      symlinkSync('shared', join(linked.lower, 'link'));
      for (const path of ['/link', '/link/sub', '/link/new']) {
        const plan = basicPlan(linked.run(), linked.lower, {
          argv: ['true'],
          beforePivot: [
            { ...child, op: 'new-mount', slot: 20, fsType, options: [], attrs: 0 },
            { ...child, op: 'attach', slot: 20, at: inRoot(path), create: 'directory' },
          ],
        });
        const attempt = launch(plan).then((mounted) => mounted.abort());
        await assert.rejects(
          attempt,
          (error: PlanError) => error.op === 'attach' && error.errno === constants.errno.ELOOP,
        );
      }
    } finally {
      linked[Symbol.dispose]();
    }
  }
});

test('copy-up fills a new filesystem with what the image has there', async () => {
  const { stdout } = await runToEnd(
    { ...scratch, lower: withData() },
    {
      argv: ['sh', '-c', 'cat /data/sub/file; readlink /data/link; mount | grep /data; ls -ln /data/sub/file'],
      beforePivot: [
        { ...child, op: 'new-mount', slot: 20, fsType: 'tmpfs', options: [], attrs: 0 },
        { ...child, op: 'copy-up', from: inRoot('/data'), slot: 20 },
        { ...child, op: 'attach', slot: 20, at: inRoot('/data') },
      ],
    },
  );
  assert.match(stdout, /^from the image\nsub\/file\n.*tmpfs.*\n-rw-r----- +1 7 +8 /);
});

function withData(): string {
  mkdirSync(join(scratch.lower, 'data', 'sub'), { recursive: true });
  const file = join(scratch.lower, 'data', 'sub', 'file');
  writeFileSync(file, 'from the image\n', { mode: 0o640 });
  chownSync(file, 7, 8);
  symlinkSync('sub/file', join(scratch.lower, 'data', 'link'));
  return scratch.lower;
}

test('a time namespace shifts the clocks of the process and not of the keeper', async () => {
  const DAY_NS = 86_400_000_000_000n;
  const running = await started(scratch, {
    argv: ['sleep', '1000'],
    before: [{ op: 'time-namespace', side: 'before', monotonicNs: DAY_NS, boottimeNs: DAY_NS * 7n }],
  });
  assert.match(
    readFileSync(`/proc/${running.pid}/timens_offsets`, 'utf8'),
    /monotonic +86400 +0\nboottime +604800 +0\n/,
  );
  assert.match(readFileSync(`/proc/${running.keeperPid}/timens_offsets`, 'utf8'), /monotonic +0 +0\n/);
  await signalProcess(running.runDir, 9);
  await waitExit(running.runDir);
});

test('--no-pivot: the root is moved instead', async () => {
  // Were a /proc of the host in reach, one without the mask could be mounted.
  const script = 'ls /; busybox unshare -Urmpf mount -t proc none /tmp 2>&1 || echo refused';
  const { stdout } = await runToEnd(scratch, {
    argv: ['sh', '-c', script],
    rootHow: 'move',
    beforePivot: [{ ...child, op: 'mask', at: inRoot('/proc/keys') }],
  });
  assert.match(stdout, /^bin\n.*\nmount: .*\nrefused\n$/s);
});

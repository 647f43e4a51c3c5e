import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { signalProcess, waitExit } from '#sys/keeper/attach.ts';
import { launch } from '#sys/keeper/launch.ts';
import type { LaunchPlan, PlanOp } from '#sys/keeper/plan.ts';
import { basicPlan, makeScratch, ROOT } from './basic-plan.ts';
import { assertNothingLeft, client, demultiplex, runToEnd, started, until } from './running.ts';

const scratch = makeScratch();
after(() => scratch[Symbol.dispose]());

const child = { side: 'child' } as const;
const inRoot = (path: string) => ({ root: ROOT, path });
const MAP = [{ inside: 0, outside: 100_000, size: 65_536 }];

test('a user namespace with id maps and an id-mapped bind', async () => {
  const bound = join(scratch.dir, 'bound');
  mkdirSync(bound);
  writeFileSync(join(bound, 'file'), 'x');
  const { stdout } = await runToEnd(scratch, {
    argv: ['sh', '-c', 'id -u; cat /proc/self/uid_map; ls -ln /tmp/bound/file; touch /tmp/bound/made'],
    namespaces: ['user', 'mount', 'pid', 'network', 'ipc', 'uts'],
    before: [
      { op: 'map-namespace', side: 'before', slot: 30, uid: MAP, gid: MAP },
      { op: 'clone-mount', side: 'before', slot: 31, at: { path: bound }, recursive: true },
      {
        op: 'mount-attributes',
        side: 'before',
        at: { root: 31, path: '' },
        set: 0,
        clear: 0,
        recursive: true,
        userns: 30,
      },
      overlayOf('idmap'),
    ],
    parent: [
      { op: 'id-maps', side: 'parent', uid: MAP, gid: MAP },
      { op: 'post', side: 'parent' },
    ],
    filesystem: [
      { ...child, op: 'wait' },
      { ...child, op: 'credentials', uid: 0, gid: 0 },
      { ...child, op: 'mount-attributes', at: { path: '/' }, set: 0, clear: 0, propagation: 1 << 18, recursive: true },
      { ...child, op: 'attach', slot: ROOT, at: { path: scratch.dir } },
      { ...child, op: 'new-mount', slot: 1, fsType: 'proc', options: [], attrs: 14 },
      { ...child, op: 'attach', slot: 1, at: inRoot('proc') },
      { ...child, op: 'new-mount', slot: 2, fsType: 'tmpfs', options: [], attrs: 0 },
      { ...child, op: 'attach', slot: 2, at: inRoot('tmp') },
      { ...child, op: 'attach', slot: 31, at: inRoot('tmp/bound'), create: 'directory' },
    ],
  });
  assert.match(stdout, /^0\n +0 +100000 +65536\n-rw-r--r-- +1 0 +0 /);
  assert.equal(statSync(join(bound, 'made')).uid, 0);
});

/** The root made with the host's rights, for a child in a user namespace. */
function overlayOf(name: string): PlanOp {
  return {
    op: 'new-mount',
    side: 'before',
    slot: ROOT,
    fsType: 'overlay',
    options: [
      { key: 'lowerdir', value: scratch.lower },
      { key: 'upperdir', value: mkdir(`${name}-upper`) },
      { key: 'workdir', value: mkdir(`${name}-work`) },
    ],
    attrs: 0,
  };
}

function mkdir(name: string): string {
  const path = join(scratch.dir, name);
  mkdirSync(path);
  return path;
}

test('a user namespace joined by path owns the namespaces made in it', async (t) => {
  const holder = spawn('/bin/busybox', ['unshare', '-U', '-r', '/bin/busybox', 'sleep', '1000']);
  t.after(() => holder.kill('SIGKILL'));
  const pid = holder.pid ?? 0;
  await until('it has its user namespace', () => readFileSync(`/proc/${pid}/uid_map`, 'utf8').trim().startsWith('0 '));
  await until('it sleeps', () => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('sleep\0'));
  const paths = scratch.run();
  const plan = basicPlan(paths, scratch.lower, {
    argv: ['cat', '/proc/self/uid_map'],
    before: [{ op: 'open', side: 'before', slot: 34, at: { path: `/proc/${pid}/ns/user` }, flags: 0 }],
    middle: [{ op: 'join-namespaces', side: 'middle', slot: 34, namespaces: ['user'] }],
    cloneSide: 'middle',
  });
  const launched = await launch(plan);
  const one = await client(paths.runDir, { stdin: false });
  await launched.start();
  assert.match(demultiplex(await one.ended).stdout, /^ +0 +0 +1\n$/);
  await assertNothingLeft(scratch);
});

test('a joined user namespace: a second process gets its ids', async () => {
  const running = await started(scratch, {
    argv: ['sleep', '1000'],
    namespaces: ['user', 'mount', 'pid', 'network', 'ipc', 'uts'],
    before: [overlayOf('join-user')],
    parent: [
      { op: 'id-maps', side: 'parent', uid: MAP, gid: MAP },
      { op: 'post', side: 'parent' },
    ],
    filesystem: [
      { ...child, op: 'wait' },
      { ...child, op: 'credentials', uid: 0, gid: 0 },
      { ...child, op: 'mount-attributes', at: { path: '/' }, set: 0, clear: 0, propagation: 1 << 18, recursive: true },
      { ...child, op: 'attach', slot: ROOT, at: { path: scratch.dir } },
      { ...child, op: 'new-mount', slot: 1, fsType: 'proc', options: [], attrs: 14 },
      { ...child, op: 'attach', slot: 1, at: inRoot('proc') },
    ],
  });
  const plan: LaunchPlan = {
    mode: 'supervise',
    runDir: scratch.run().runDir,
    stdio: { kind: 'pipes', stdin: 'closed', uid: 100_000, gid: 100_000 },
    log: { driver: 'none' },
    exit: { collect: [] },
    ops: [
      { op: 'open-process', side: 'before', slot: 0, pid: running.pid },
      { op: 'join-namespaces', side: 'before', slot: 0, namespaces: ['pid'] },
      { op: 'clone', side: 'before', namespaces: [] },
      { ...child, op: 'join-namespaces', slot: 0, namespaces: ['user', 'mount', 'network', 'ipc', 'uts'] },
      { ...child, op: 'credentials', uid: 0, gid: 0, groups: [] },
      { ...child, op: 'chdir', path: '/' },
      { ...child, op: 'gate' },
      { ...child, op: 'exec', name: 'id', searchPath: '/bin', argv: ['id', '-u'], env: [] },
    ],
  };
  const second = await launch(plan);
  const one = await client(plan.runDir, { stdin: false });
  await second.start();
  assert.equal(demultiplex(await one.ended).stdout, '0\n');
  await signalProcess(running.runDir, 9);
  await waitExit(running.runDir);
});

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { launch } from '#sys/keeper/launch.ts';
import type { PlanOp, Side } from '#sys/keeper/plan.ts';
import { PlanError } from '#sys/keeper/plan-error.ts';
import { type BasicOptions, basicPlan, makeScratch, ROOT } from './basic-plan.ts';
import { assertNothingLeft } from './running.ts';

const scratch = makeScratch();
after(() => scratch[Symbol.dispose]());

const NO = join(scratch.dir, 'missing', 'x');
mkdirSync(join(scratch.dir, 'folder'));
mkdirSync(join(scratch.dir, 'full', 'x'), { recursive: true });
writeFileSync(join(scratch.dir, 'file'), '');
const FOLDER = { path: join(scratch.dir, 'folder') };
const FILE = { path: join(scratch.dir, 'file') };
const UNUSED = 40;

type Bare = PlanOp extends infer T ? (T extends PlanOp ? Omit<T, 'side'> : never) : never;

/** One failing op of each kind, the side it is tried on, and the errno it must name. */
const FAILING: readonly [Side, Bare, string][] = [
  ['before', { op: 'mkdir', at: { path: NO }, mode: 0o755 }, 'ENOENT'],
  ['before', { op: 'mkdir', at: FOLDER, mode: 0o755 }, 'EEXIST'],
  ['before', { op: 'write', at: { path: NO }, data: 'x' }, 'ENOENT'],
  ['child', { op: 'write', at: { root: ROOT, path: '/etc/x' }, data: 'x', create: 0o600, only: 'proc' }, 'EXDEV'],
  ['before', { op: 'open', slot: UNUSED, at: { path: NO }, flags: 0 }, 'ENOENT'],
  ['child', { op: 'open', slot: ROOT, at: { path: '/' }, flags: 0 }, 'EBUSY'],
  ['parent', { op: 'open-child', slot: UNUSED, path: 'ns/nothing' }, 'ENOENT'],
  ['before', { op: 'open-process', slot: UNUSED, pid: process.pid, startTime: 1n }, 'ESRCH'],
  ['before', { op: 'connect', slot: UNUSED, path: FILE.path }, 'ECONNREFUSED'],
  ['child', { op: 'close', slot: UNUSED }, 'EBADF'],
  ['before', { op: 'symlink', at: FILE, target: 'x' }, 'EEXIST'],
  ['before', { op: 'mknod', at: FILE, type: 'fifo', mode: 0o600, major: 0, minor: 0 }, 'EEXIST'],
  ['before', { op: 'own', at: { path: NO }, uid: 0, gid: 0 }, 'ENOENT'],
  ['before', { op: 'unlink', at: FOLDER }, 'EISDIR'],
  ['before', { op: 'rmdir', at: { path: join(scratch.dir, 'full') } }, 'ENOTEMPTY'],
  ['before', { op: 'remove-tree', at: FILE }, 'ENOTDIR'],
  ['child', { op: 'new-mount', slot: UNUSED, fsType: 'nofs', options: [], attrs: 0 }, 'ENODEV'],
  [
    'child',
    { op: 'new-mount', slot: UNUSED, fsType: 'tmpfs', options: [{ key: 'size', value: 'huge' }], attrs: 0 },
    'EINVAL',
  ],
  ['child', { op: 'clone-mount', slot: UNUSED, at: { path: NO }, recursive: true }, 'ENOENT'],
  ['child', { op: 'mount-attributes', at: { path: NO }, set: 1, clear: 0, recursive: false }, 'ENOENT'],
  ['child', { op: 'attach', slot: UNUSED, at: { root: ROOT, path: '/tmp' } }, 'EBADF'],
  ['child', { op: 'attach', slot: 1, at: { root: ROOT, path: '/bin/busybox' }, create: 'directory' }, 'ENOTDIR'],
  ['child', { op: 'unmount', at: FOLDER, flags: 0 }, 'EINVAL'],
  ['child', { op: 'remount', at: FOLDER, options: [] }, 'EINVAL'],
  ['child', { op: 'mask', at: { root: UNUSED, path: '/x' } }, 'EBADF'],
  ['child', { op: 'read-only', at: { root: UNUSED, path: '/x' } }, 'EBADF'],
  ['child', { op: 'copy-up', from: { root: ROOT, path: '/bin' }, slot: UNUSED }, 'EBADF'],
  ['child', { op: 'fill-volume', from: { root: ROOT, path: '/bin' }, slot: UNUSED, marker: '' }, 'EBADF'],
  ['before', { op: 'map-namespace', slot: UNUSED, uid: [{ inside: 0, outside: 0, size: 0 }], gid: [] }, 'EINVAL'],
  ['child', { op: 'pivot-root', slot: UNUSED, how: 'pivot' }, 'EBADF'],
  ['child', { op: 'join-namespaces', slot: ROOT, namespaces: ['network'] }, 'EBADF'],
  ['parent', { op: 'id-maps', uid: [{ inside: 0, outside: 0, size: 1 }], gid: [] }, 'EPERM'],
  ['parent', { op: 'join-cgroups', files: [NO] }, 'ENOENT'],
  ['before', { op: 'device-filter', cgroup: NO, program: new Uint8Array(8) }, 'EINVAL'],
  ['child', { op: 'netlink', family: 0, messages: [{ bytes: new Uint8Array(8) }] }, 'EMSGSIZE'],
  ['child', { op: 'hostname', name: 'x'.repeat(100) }, 'EINVAL'],
  ['child', { op: 'domainname', name: 'x'.repeat(100) }, 'EINVAL'],
  ['parent', { op: 'run', argv: ['/no/program'], env: [] }, 'ECHILD'],
  ['child', { op: 'terminal', at: { root: ROOT, path: '/dev/null' }, rows: 0, cols: 0, uid: 0, gid: 0 }, 'ENODEV'],
  ['child', { op: 'rlimit', resource: 7, soft: 2n, hard: 1n }, 'EINVAL'],
  ['child', { op: 'credentials', uid: 2 ** 32 - 1 }, 'EINVAL'],
  ['child', { op: 'seccomp', filter: new Uint8Array(8), flags: 0 }, 'EINVAL'],
  ['child', { op: 'chdir', path: '/no/where' }, 'ENOENT'],
  [
    'child',
    { op: 'scheduler', policy: 99, flags: 0n, nice: 0, priority: 0, runtimeNs: 0n, deadlineNs: 0n, periodNs: 0n },
    'EINVAL',
  ],
  ['child', { op: 'io-priority', value: 7 << 13 }, 'EINVAL'],
  ['child', { op: 'cpu-affinity', cpus: [1000] }, 'EINVAL'],
];

function placed(side: Side, op: PlanOp): Pick<BasicOptions, 'before' | 'parent' | 'beforePivot'> {
  return side === 'before' ? { before: [op] } : side === 'parent' ? { parent: [op] } : { beforePivot: [op] };
}

for (const [side, bare, errno] of FAILING) {
  test(`${bare.op} on the side ${side} fails the start with ${errno}, named, and leaves nothing`, async () => {
    const made = join(scratch.dir, 'made');
    const op = { ...bare, side } as PlanOp; // a literal of the union lost its discriminant in the spread
    const paths = scratch.run();
    const rest = placed(side, op);
    const plan = basicPlan(paths, scratch.lower, {
      argv: ['true'],
      ...rest,
      before: [{ op: 'mkdir', side: 'before', at: { path: made }, mode: 0o700 }, ...(rest.before ?? [])],
      cleanup: [{ op: 'rmdir', side: 'cleanup', at: { path: made } }],
    });
    const attempt = launch(plan).then((launched) => launched.abort());
    await assert.rejects(attempt, (error) => {
      assert.ok(error instanceof PlanError, String(error));
      assert.equal(plan.ops[error.index], op, `index ${error.index}`);
      assert.deepEqual([error.op, error.side, error.details['errno']], [op.op, side, errno], error.message);
      assert.ok(error.message.length > 10);
      return true;
    });
    await assertNothingLeft(scratch);
    assert.equal(existsSync(made), false);
  });
}

test('name server sockets on an address that is in use fail the start, named', async () => {
  const op: PlanOp = { side: 'child', op: 'name-sockets', address: 0x7f00_000b, port: 53 };
  const plan = basicPlan(scratch.run(), scratch.lower, { argv: ['true'], beforePivot: [op, op] });
  await assert.rejects(launch(plan), /open the name server sockets: EADDRINUSE/);
});

test('the kernel explains a mount that failed in its own words', async () => {
  const plan = basicPlan({ ...scratch.run(), upper: NO }, scratch.lower, { argv: ['true'] });
  await assert.rejects(launch(plan), /upper|ENOENT|no such file/);
});

test('tolerated errnos let the start go on', async () => {
  const plan = basicPlan(scratch.run(), scratch.lower, {
    argv: ['true'],
    before: [{ op: 'mkdir', side: 'before', at: FOLDER, mode: 0o755, tolerate: [17] }],
  });
  const launched = await launch(plan);
  await launched.abort();
});

test('a plan that breaks the rules is refused before anything is done', async () => {
  const good = basicPlan(scratch.run(), scratch.lower, { argv: ['true'] });
  const without = (name: string) => ({ ...good, ops: good.ops.filter((op) => op.op !== name) });
  for (const plan of [
    without('gate'),
    without('exec'),
    without('clone'),
    { ...good, ops: [...good.ops, ...good.ops] },
  ]) {
    await assert.rejects(launch(plan), /refused the launch plan/);
  }
  const wrongSide: PlanOp = { op: 'hostname', side: 'before', name: 'host-of-the-machine' };
  await assert.rejects(launch({ ...good, ops: [wrongSide, ...good.ops] }), /refused the launch plan: hostname op 0/);
});

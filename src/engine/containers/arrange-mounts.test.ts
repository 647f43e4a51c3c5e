import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LaunchPlan, PlanOp } from '#sys/keeper/plan.ts';
import { arrangeMounts } from './arrange-mounts.ts';
import { anonymousVolume } from './mount-spec.ts';
import type { StartMount } from './start-mounts.ts';

const at = { root: 0, path: '/d' };
const BIND: readonly PlanOp[] = [
  { side: 'before', op: 'clone', namespaces: ['mount'] },
  { side: 'child', op: 'clone-mount', slot: 3, at: { path: '/v/_data' }, recursive: true },
  { side: 'child', op: 'mount-attributes', at: { root: 3, path: '' }, set: 1, clear: 0, recursive: false },
  { side: 'child', op: 'attach', slot: 3, at, create: 'as-source' },
  { side: 'child', op: 'close', slot: 3 },
  { side: 'child', op: 'gate' },
];

function planOf(ops: readonly PlanOp[]): LaunchPlan {
  const stdio = { kind: 'null' as const };
  return { mode: 'supervise', runDir: '/run/x', stdio, log: { driver: 'none' }, exit: { collect: [] }, ops };
}

function mount(more: Partial<StartMount>): StartMount {
  return { ...anonymousVolume('/d'), name: 'vol', source: '/v/_data', ...more };
}

/** Ops in short: side, name, slot or place. */
function told(ops: readonly PlanOp[]): string[] {
  return ops.map((op) => {
    const slot = 'slot' in op ? ` ${op.slot}` : '';
    const place = 'at' in op ? ` ${op.at.root ?? ''}:${op.at.path}` : '';
    return `${op.side} ${op.op}${slot}${place}`;
  });
}

test('arrangeMounts() leaves a plan alone that needs nothing', () => {
  const plan = planOf(BIND);
  assert.equal(arrangeMounts(plan, [mount({})]), plan);
});

test('arrangeMounts() opens a sub-path beneath its volume', () => {
  const { ops } = arrangeMounts(planOf(BIND), [mount({ subpath: 'a/b' })]);
  assert.deepEqual(told(ops).slice(1, 4), ['child open 59 :/v/_data', 'child clone-mount 3 59:a/b', 'child close 59']);
  assert.deepEqual(told(ops).slice(4), told(BIND).slice(2));
});

test('arrangeMounts() fills a volume through a writable copy, mapped as the mount is, right before it covers the image', () => {
  const { ops } = arrangeMounts(planOf(BIND), [mount({ fill: '/v/filling' })]);
  assert.deepEqual(told(ops).slice(3, 7), [
    'child clone-mount 60 :/v/_data',
    'child fill-volume 60',
    'child close 60',
    'child attach 3 0:/d',
  ]);
  const mapping: PlanOp = {
    side: 'before',
    op: 'mount-attributes',
    at: { root: 3, path: '' },
    set: 0,
    clear: 0,
    recursive: false,
    userns: 9,
  };
  const mapped = arrangeMounts(planOf([mapping, ...BIND]), [mount({ fill: '/v/filling', subpath: 'x' })]);
  const fillAt = mapped.ops.findIndex(({ op }) => op === 'fill-volume');
  const before = mapped.ops[fillAt - 1];
  assert.deepEqual(before, { ...mapping, side: 'child', at: { root: 60, path: '' } });
  assert.deepEqual(told(mapped.ops).slice(fillAt - 4, fillAt - 1), [
    'child open 59 :/v/_data',
    'child clone-mount 60 59:x',
    'child close 59',
  ]);
});

const NFS: readonly PlanOp[] = BIND.map((op) =>
  op.op === 'clone-mount'
    ? { side: 'child', op: 'new-mount', slot: 3, fsType: 'nfs', options: [{ key: 'source', value: ':/x' }], attrs: 0 }
    : op,
);

test("arrangeMounts() mounts a server's file system before the clone, where the host's network is, and says whose it is", () => {
  const nfs = mount({ source: ':/x', driver: { type: 'nfs', options: [], place: '/v/_data' } });
  const { ops } = arrangeMounts(planOf(NFS), [nfs]);
  assert.deepEqual(told(ops), [
    'before new-mount 56',
    'before clone',
    'child mount-attributes 56:',
    'child attach 56 0:/d',
    'child close 56',
    'child gate',
  ]);
  assert.equal(
    ops[0]?.about,
    "error while mounting volume '/v/_data': failed to mount local volume: mount :/x:/v/_data",
  );
});

test('arrangeMounts() takes a file system that another container has from inside its mount namespace', () => {
  const tmpfs = NFS.map((op) => (op.op === 'new-mount' ? { ...op, fsType: 'tmpfs' } : op));
  const shared = mount({
    source: 'tmpfs',
    driver: { type: 'tmpfs', options: [], place: '/v/_data' },
    shared: { pid: 42, path: '/there' },
  });
  const { ops } = arrangeMounts(planOf(tmpfs), [shared]);
  assert.ok(!ops.some(({ op }) => op === 'new-mount'));
  const copyAt = ops.findIndex(({ op }) => op === 'clone-mount');
  assert.deepEqual(told(ops)[copyAt], 'child clone-mount 3 59:there');
  assert.deepEqual(
    ops.filter(({ op }) => op === 'join-namespaces').map((op) => ('slot' in op ? op.slot : -1)),
    [63, 62],
    'in, and back again',
  );
});

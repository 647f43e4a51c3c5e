import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LaunchPlan, OpName, PlanOp } from '#sys/keeper/plan.ts';
import { OPCODES } from '#sys/keeper/wire.ts';
import { explain } from './explain.ts';

const slot = 1;
const at = { path: '/somewhere' };

/** One of every kind. A kind without an entry does not compile. */
const EVERY: { readonly [Name in OpName]: Extract<PlanOp, { op: Name }> } = {
  mkdir: { side: 'before', op: 'mkdir', at, mode: 0o700, uid: 5 },
  write: { side: 'before', op: 'write', at, data: 'text' },
  open: { side: 'before', op: 'open', slot, at, flags: 0 },
  'open-child': { side: 'parent', op: 'open-child', slot, path: 'ns/user' },
  'open-process': { side: 'before', op: 'open-process', slot, pid: 42 },
  connect: { side: 'before', op: 'connect', slot, path: '/agent' },
  close: { side: 'child', op: 'close', slot },
  symlink: { side: 'child', op: 'symlink', at, target: 'there' },
  mknod: { side: 'child', op: 'mknod', at, type: 'char', mode: 0o666, major: 1, minor: 3 },
  own: { side: 'child', op: 'own', at, uid: 1, gid: 2 },
  unlink: { side: 'cleanup', op: 'unlink', at },
  rmdir: { side: 'cleanup', op: 'rmdir', at },
  'remove-tree': { side: 'cleanup', op: 'remove-tree', at, keepTop: true },
  'new-mount': {
    side: 'child',
    op: 'new-mount',
    slot,
    fsType: 'tmpfs',
    options: [{ key: 'mode', value: '755' }],
    attrs: 1,
  },
  'clone-mount': { side: 'child', op: 'clone-mount', slot, at, recursive: true },
  'mount-attributes': {
    side: 'child',
    op: 'mount-attributes',
    at,
    set: 1,
    clear: 2,
    recursive: true,
    propagation: 1 << 18,
  },
  attach: { side: 'child', op: 'attach', slot, at },
  unmount: { side: 'cleanup', op: 'unmount', at, flags: 2 },
  remount: { side: 'child', op: 'remount', at, options: [{ key: 'size', value: '1m' }] },
  mask: { side: 'child', op: 'mask', at },
  'read-only': { side: 'child', op: 'read-only', at },
  'copy-up': { side: 'child', op: 'copy-up', from: at, slot },
  'fill-volume': { side: 'child', op: 'fill-volume', from: at, slot, marker: '/volumes/v/filling' },
  'map-namespace': { side: 'before', op: 'map-namespace', slot, uid: [{ inside: 0, outside: 9, size: 2 }], gid: [] },
  'pivot-root': { side: 'child', op: 'pivot-root', slot, how: 'pivot' },
  clone: { side: 'before', op: 'clone', namespaces: ['pid'] },
  unshare: { side: 'child', op: 'unshare', namespaces: ['cgroup'] },
  'join-namespaces': { side: 'child', op: 'join-namespaces', slot, namespaces: ['uts'] },
  'time-namespace': { side: 'before', op: 'time-namespace', monotonicNs: 5n, boottimeNs: -6n },
  'id-maps': { side: 'parent', op: 'id-maps', uid: [{ inside: 0, outside: 100, size: 1 }], gid: [] },
  'join-cgroups': { side: 'child', op: 'join-cgroups', files: ['/sys/fs/cgroup/x/tasks'] },
  'device-filter': { side: 'before', op: 'device-filter', cgroup: '/sys/fs/cgroup/x', program: new Uint8Array(16) },
  netlink: { side: 'child', op: 'netlink', family: 0, messages: [{ bytes: new Uint8Array(32) }] },
  hostname: { side: 'child', op: 'hostname', name: 'box' },
  domainname: { side: 'child', op: 'domainname', name: 'dom' },
  'name-sockets': { side: 'child', op: 'name-sockets', address: 0x7f00_000b, port: 61053 },
  'netlink-batches': { side: 'cleanup', op: 'netlink-batches', family: 12, at, planned: new Uint8Array(20) },
  post: { side: 'child', op: 'post' },
  wait: { side: 'parent', op: 'wait' },
  gate: { side: 'child', op: 'gate' },
  run: { side: 'parent', op: 'run', argv: ['/hook'], env: [], timeoutMs: 2000 },
  terminal: { side: 'child', op: 'terminal', at, rows: 24, cols: 80, uid: 0 },
  rlimit: { side: 'child', op: 'rlimit', resource: 7, soft: 5n, hard: (1n << 64n) - 1n },
  umask: { side: 'child', op: 'umask', mask: 0o22 },
  credentials: { side: 'child', op: 'credentials', uid: 3, gid: 4, groups: [5] },
  'no-new-privileges': { side: 'child', op: 'no-new-privileges' },
  seccomp: { side: 'child', op: 'seccomp', filter: new Uint8Array(24), flags: 2 },
  chdir: { side: 'child', op: 'chdir', path: '/work' },
  scheduler: {
    side: 'child',
    op: 'scheduler',
    policy: 3,
    flags: 0n,
    nice: 5,
    priority: 0,
    runtimeNs: 0n,
    deadlineNs: 0n,
    periodNs: 0n,
  },
  'io-priority': { side: 'child', op: 'io-priority', value: (2 << 13) | 4 },
  'cpu-affinity': { side: 'child', op: 'cpu-affinity', cpus: [0, 1] },
  'send-pidfd': { side: 'parent', op: 'send-pidfd', path: '/run/pidfd.sock' },
  'memory-policy': { side: 'child', op: 'memory-policy', mode: 3 | (1 << 15), nodes: [0, 1] },
  personality: { side: 'child', op: 'personality', persona: 8 },
  'session-keyring': { side: 'child', op: 'session-keyring', name: '_ses.x' },
  'find-program': { side: 'child', op: 'find-program', name: 'sh', searchPath: '/bin' },
  home: { side: 'child', op: 'home', uid: 1000 },
  exec: { side: 'child', op: 'exec', name: 'sh', searchPath: '/bin', argv: ['sh', '-c', 'a b'], env: ['A=b'] },
  'kill-cgroup': { side: 'cleanup', op: 'kill-cgroup', procs: ['/sys/fs/cgroup/x/cgroup.procs'] },
};

function planOf(...ops: readonly PlanOp[]): LaunchPlan {
  return {
    mode: 'foreground',
    runDir: '/run/x',
    stdio: { kind: 'null' },
    log: { driver: 'none' },
    exit: { collect: [] },
    ops,
  };
}

test('explain() says something about every kind of op', () => {
  assert.deepEqual(Object.keys(EVERY).sort(), Object.keys(OPCODES).sort());
  const empty = explain(planOf());
  const story: PlanOp = { side: 'child', op: 'new-mount', slot, fsType: 'tmpfs', options: [], attrs: 0 };
  for (const op of Object.values<PlanOp>(EVERY)) {
    // What is done to a detached mount is told with the mount itself.
    const context = op.op === 'copy-up' || op.op === 'fill-volume' ? [story] : [];
    assert.notEqual(explain(planOf(...context, op)), context.length > 0 ? explain(planOf(...context)) : empty, op.op);
  }
});

test('explain() tells a mount in one line, in the order of the topics', () => {
  const text = explain(
    planOf(
      { side: 'before', op: 'clone', namespaces: ['mount', 'pid'] },
      EVERY['new-mount'],
      { side: 'child', op: 'mount-attributes', at: { root: slot, path: '' }, set: 2, clear: 0, recursive: false },
      EVERY.attach,
      EVERY.exec,
    ),
  );
  assert.equal(
    text,
    [
      'Namespaces',
      '  make the process in new namespaces: mount, pid',
      '',
      'Filesystem',
      '  mount tmpfs at /somewhere (ro; mode=755; nosuid)',
      '',
      'Process',
      '  a keeper stays as its parent until it ends, in /run/x',
      '  standard streams: /dev/null',
      '  environment: A',
      '  run sh -c "a b"',
      '',
    ].join('\n'),
  );
});

test('explain() uses words for numbers', () => {
  const text = explain(
    planOf(EVERY.rlimit, EVERY['io-priority'], EVERY.scheduler, EVERY['id-maps'], EVERY['time-namespace']),
  );
  for (const part of [
    'limit nofile: 5, at most unlimited',
    'be, level 4',
    'SCHED_BATCH',
    'user 0 is 100 on the host',
    'boot time -6 ns',
  ]) {
    assert.ok(text.includes(part), part);
  }
});

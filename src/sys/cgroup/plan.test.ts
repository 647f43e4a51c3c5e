import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isBerthError } from '#base/errors.ts';
import type { LinuxResources } from '#spec/oci-runtime/config.ts';
import type { CgroupPlan } from './cgroup-plan.ts';
import { type CgroupHost, detectCgroups } from './host.ts';
import { containerCgroupPath, normalizeCgroupPath } from './path.ts';
import { planCgroup } from './plan.ts';
import type { CgroupProbe } from './probe.ts';

const mount = (point: string, type: string, options: string): string =>
  `1 2 0:3 / ${point} rw - ${type} cgroup rw,${options}\n`;
const V1_MOUNTS =
  mount('/cg/cpu,cpuacct', 'cgroup', 'cpu,cpuacct') +
  mount('/cg/cpuset', 'cgroup', 'cpuset') +
  mount('/cg/memory', 'cgroup', 'memory') +
  mount('/cg/devices', 'cgroup', 'devices') +
  mount('/cg/pids', 'cgroup', 'pids') +
  mount('/cg/systemd', 'cgroup', 'xattr,name=systemd') +
  mount('/other/pids', 'cgroup', 'pids') +
  mount('/cg/unified', 'cgroup2', 'nsdelegate');
const controllers =
  (text: string) =>
  (path: string): string | undefined =>
    path.endsWith('cgroup.controllers') ? text : undefined;
const V1: CgroupHost = detectCgroups(V1_MOUNTS, controllers('hugetlb\n'));
const V2: CgroupHost = detectCgroups(
  mount('/cg', 'cgroup2', 'nsdelegate'),
  controllers('cpuset cpu io memory hugetlb pids rdma\n'),
);

const probe = (files: Record<string, string> = {}): CgroupProbe => ({
  read: (path) => files[path],
  children: () => [],
});
const plan = (host: CgroupHost, resources: LinuxResources, files?: Record<string, string>): CgroupPlan =>
  planCgroup(host, '/p/c', { devices: [{ allow: true }], ...resources }, probe(files));

/** `mkdir PATH`, `PATH=DATA` */
function words({ setUp }: CgroupPlan): string[] {
  return setUp.map((op) => {
    if (op.op === 'mkdir') return `mkdir ${op.at.path}`;
    if (op.op === 'write') return `${op.at.path}=${op.data}`;
    return `${op.op}`;
  });
}
const writes = (planned: CgroupPlan): string[] => words(planned).filter((word) => word.includes('='));

test('detectCgroups() tells v1, hybrid and v2 apart', () => {
  assert.equal(V1.version, 1);
  assert.deepEqual(
    V1.hierarchies.map(({ mountPoint }) => mountPoint),
    ['/cg/cpu,cpuacct', '/cg/cpuset', '/cg/memory', '/cg/devices', '/cg/pids'],
  );
  assert.deepEqual(V1.hierarchies[0]?.controllers, ['cpu', 'cpuacct']);
  assert.deepEqual(V1.unified, { mountPoint: '/cg/unified', controllers: ['hugetlb'] });
  const named = mount('/cg/systemd', 'cgroup', 'xattr,name=systemd');
  const found = detectCgroups(named + mount('/cg/pids', 'cgroup', 'pids'), () => undefined, true);
  assert.deepEqual(found.hierarchies[0], { mountPoint: '/cg/systemd', controllers: ['name=systemd'] });
  const beside = detectCgroups(named + mount('/cg', 'cgroup2', 'rw'), controllers('pids\n'), true);
  assert.deepEqual([beside.version, beside.hierarchies], [2, []], 'a name alone makes no v1');
  assert.deepEqual(words(planCgroup(found, '/c', { devices: [{ allow: true, access: 'rwm' }] }, undefined, true)), [
    'mkdir /cg/systemd/c',
    'mkdir /cg/pids/c',
  ]);
  assert.equal(V2.version, 2);
  assert.throws(
    () => detectCgroups('', () => undefined),
    (error) => isBerthError(error, 'unsupported'),
  );
});

test('planCgroup() on v1 makes groups where they are needed and joins by tasks', () => {
  const planned = plan(V1, {});
  assert.deepEqual(words(planned), [
    'mkdir /cg/cpu,cpuacct/p',
    'mkdir /cg/cpu,cpuacct/p/c',
    'mkdir /cg/memory/p',
    'mkdir /cg/memory/p/c',
    'mkdir /cg/devices/p',
    'mkdir /cg/devices/p/c',
    'mkdir /cg/pids/p',
    'mkdir /cg/pids/p/c',
  ]);
  assert.deepEqual(planned.tasks, [
    '/cg/cpu,cpuacct/p/c/tasks',
    '/cg/memory/p/c/tasks',
    '/cg/devices/p/c/tasks',
    '/cg/pids/p/c/tasks',
  ]);
  assert.equal(planned.cloneInto, undefined);
  // Every hierarchy, also those that a later limit may need.
  assert.equal(planned.cleanUp.length, 6);
  assert.ok(
    planned.collect.some(
      ({ name, path }) => name === 'memory.oom_control' && path === '/cg/memory/p/c/memory.oom_control',
    ),
  );
});

test('planCgroup() on v1 writes the memory limit before memory plus swap, the period before the quota', () => {
  const planned = plan(V1, {
    memory: { limit: 100, swap: 200, reservation: 50, swappiness: 0 },
    cpu: { shares: 2, quota: 5000, period: 10_000 },
    pids: { limit: 0 },
  });
  assert.deepEqual(writes(planned), [
    '/cg/cpu,cpuacct/p/c/cpu.shares=2',
    '/cg/cpu,cpuacct/p/c/cpu.cfs_period_us=10000',
    '/cg/cpu,cpuacct/p/c/cpu.cfs_quota_us=5000',
    '/cg/memory/p/c/memory.limit_in_bytes=100',
    '/cg/memory/p/c/memory.memsw.limit_in_bytes=200',
    '/cg/memory/p/c/memory.soft_limit_in_bytes=50',
    '/cg/memory/p/c/memory.swappiness=0',
    '/cg/pids/p/c/pids.max=1',
  ]);
  assert.deepEqual(writes(plan(V1, { pids: { limit: -1 } })), ['/cg/pids/p/c/pids.max=max']);
});

test('planCgroup() on v1 hands a cpuset down every level', () => {
  const files = {
    '/cg/cpuset/cpuset.cpus': '0-3\n',
    '/cg/cpuset/cpuset.mems': '0\n',
    '/cg/cpuset/p/cpuset.cpus': '1-2\n',
  };
  assert.deepEqual(writes(plan(V1, { cpu: { cpus: '2' } }, files)), [
    '/cg/cpuset/p/c/cpuset.cpus=2',
    '/cg/cpuset/p/cpuset.mems=0',
    '/cg/cpuset/p/c/cpuset.mems=0',
  ]);
  assert.deepEqual(writes(plan(V1, { cpu: { mems: '0' } }, files)), [
    '/cg/cpuset/p/c/cpuset.cpus=1-2',
    '/cg/cpuset/p/cpuset.mems=0',
    '/cg/cpuset/p/c/cpuset.mems=0',
  ]);
});

test('planCgroup() on v1 gives parents as much realtime budget', () => {
  const planned = plan(V1, { cpu: { realtimeRuntime: 5000 } }, { '/cg/cpu,cpuacct/p/cpu.rt_runtime_us': '0\n' });
  assert.deepEqual(writes(planned), [
    '/cg/cpu,cpuacct/p/cpu.rt_runtime_us=5000',
    '/cg/cpu,cpuacct/p/c/cpu.rt_runtime_us=5000',
  ]);
});

test('planCgroup() on v1 switches on hierarchical accounting where the kernel has it off', () => {
  const planned = plan(V1, {}, { '/cg/memory/memory.use_hierarchy': '0\n' });
  assert.deepEqual(writes(planned), ['/cg/memory/p/memory.use_hierarchy=1']);
});

test('planCgroup() on v1 takes controllers that v1 lacks from the unified tree', () => {
  const planned = plan(V1, { hugepageLimits: [{ pageSize: '2MB', limit: 0 }] });
  assert.deepEqual(words(planned).slice(-6), [
    '/cg/unified/cgroup.subtree_control=+hugetlb',
    'mkdir /cg/unified/p',
    '/cg/unified/p/cgroup.subtree_control=+hugetlb',
    'mkdir /cg/unified/p/c',
    '/cg/unified/p/c/hugetlb.2MB.max=0',
    '/cg/unified/p/c/hugetlb.2MB.rsvd.max=0',
  ]);
  assert.equal(planned.cloneInto, '/cg/unified/p/c');
});

test('planCgroup() writes device rules for v1 and a program for v2', () => {
  const rules = writes(planCgroup(V1, '/p/c', {}, probe()));
  assert.equal(rules[0], '/cg/devices/p/c/devices.deny=a');
  assert.ok(rules.includes('/cg/devices/p/c/devices.allow=c 1:3 rwm'));
  const program = planCgroup(V2, '/p/c', {}, probe()).setUp.at(-1);
  assert.ok(program?.op === 'device-filter' && program.cgroup === '/cg/p/c' && program.program.length % 8 === 0);
});

test('planCgroup() on v2 enables controllers in every parent and is born in the group', () => {
  const planned = plan(
    V2,
    { memory: { limit: 100, swap: 150, reservation: 10 }, cpu: { shares: 1024, quota: 5000 }, pids: { limit: 9 } },
    { '/cg/cgroup.subtree_control': 'cpu memory pids io\n' },
  );
  assert.deepEqual(words(planned), [
    'mkdir /cg/p',
    '/cg/p/cgroup.subtree_control=+cpu +memory +pids +io',
    'mkdir /cg/p/c',
    '/cg/p/c/cpu.weight=100',
    '/cg/p/c/cpu.max=5000',
    '/cg/p/c/memory.swap.max=50',
    '/cg/p/c/memory.max=100',
    '/cg/p/c/memory.low=10',
    '/cg/p/c/pids.max=9',
  ]);
  assert.equal(planned.cloneInto, '/cg/p/c');
  assert.deepEqual(planned.tasks, []);
});

test('planCgroup() on v2 converts block I/O and takes unified values verbatim, last', () => {
  const planned = plan(
    V2,
    {
      blockIO: {
        weight: 1000,
        throttleReadBpsDevice: [{ major: 8, minor: 0, rate: 1000 }],
        throttleWriteIOPSDevice: [{ major: 8, minor: 0, rate: 0 }],
      },
      unified: { 'memory.high': '5M', 'cgroup.max.depth': '2' },
    },
    { '/cg/io.cost.qos': '' },
  );
  assert.deepEqual(writes(planned).slice(-5), [
    '/cg/p/c/io.weight=default 10000',
    '/cg/p/c/io.max=8:0 rbps=1000',
    '/cg/p/c/io.max=8:0 wiops=max',
    '/cg/p/c/memory.high=5M',
    '/cg/p/c/cgroup.max.depth=2',
  ]);
});

for (const [what, host, resources, message] of [
  ['unified on v1', V1, { unified: { 'memory.high': '1' } }, /unified\.memory\.high: it needs cgroup v2/],
  [
    'a controller that is not mounted',
    V1,
    { network: { classID: 5 } },
    /network\.classID: the control group controller "net_cls" is not mounted/,
  ],
  ['kernel memory on v1', V1, { memory: { kernel: 5 } }, /memory\.kernel/],
  ['swap without memory', V1, { memory: { swap: 5 } }, /needs memory\.limit/],
  ['swap below memory on v1', V1, { memory: { swap: 5, limit: 6 } }, /smaller than memory\.limit/],
  ['swap below memory on v2', V2, { memory: { swap: 5, limit: 6 } }, /smaller than memory\.limit/],
  ['swappiness on v2', V2, { memory: { swappiness: 0 } }, /memory\.swappiness: cgroup v2 has no swappiness/],
  ['realtime on v2', V2, { cpu: { realtimeRuntime: 1 } }, /cpu\.realtimeRuntime/],
  ['an unknown unified controller', V2, { unified: { 'dmem.max': '1' } }, /"dmem" is not available/],
  ['a unified name that leads elsewhere', V2, { unified: { '../memory.max': '1' } }, /is not a control file/],
  ['a bad page size', V2, { hugepageLimits: [{ pageSize: '../2MB', limit: 1 }] }, /is not a page size/],
] as const satisfies [string, CgroupHost, LinuxResources, RegExp][]) {
  test(`planCgroup() refuses ${what}`, () => {
    assert.throws(
      () => plan(host, resources),
      (error) => isBerthError(error) && message.test(error.message),
    );
  });
}

test('normalizeCgroupPath() brings paths into one form', () => {
  assert.equal(normalizeCgroupPath('//a///b/'), '/a/b');
  assert.equal(normalizeCgroupPath('a/b'), '/berth/a/b');
  assert.equal(containerCgroupPath('c1'), '/berth/c1');
  assert.equal(containerCgroupPath('c1', 'lab'), '/lab/c1');
  assert.equal(containerCgroupPath('c1', '/lab/x'), '/lab/x/c1');
});

for (const path of [
  '',
  '/',
  '/a/../b',
  '/./a',
  '/a\nb',
  `/${'x'.repeat(256)}`,
  '/a/cgroup.procs',
  '/tasks',
  `/${'a/'.repeat(2000)}`,
]) {
  test(`normalizeCgroupPath() refuses ${JSON.stringify(path.slice(0, 20))}`, () => {
    assert.throws(
      () => normalizeCgroupPath(path),
      (error) => isBerthError(error, 'invalid') && /invalid cgroup path/.test(error.message),
    );
  });
}

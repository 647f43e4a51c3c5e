import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LinuxNamespaceType, OciConfig } from '#spec/oci-runtime/config.ts';
import { parseOciConfig } from '#spec/oci-runtime/parse-config.ts';
import type { LaunchPlan, OpName, PlanOp } from '#sys/keeper/plan.ts';
import { exampleConfig } from '../example-config.ts';
import type { HostFacts, LaunchOptions } from './launch-options.ts';
import { buildLaunchPlan } from './launch-plan.ts';
import { CAP_SYS_ADMIN, MOUNT_ATTR, PROPAGATION } from './linux-numbers.ts';

const facts: HostFacts = {
  cgroups: { version: 2, hierarchies: [], unified: { mountPoint: '/sys/fs/cgroup', controllers: ['memory'] } },
  capabilities: (1n << 41n) - 1n,
  initialUserNamespace: true,
  apparmor: false,
  selinux: false,
  uid: 0,
};

function optionsFor(more: Partial<LaunchOptions> = {}): LaunchOptions {
  return {
    id: 'c1',
    bundle: '/bundle',
    rootfs: { type: 'bind', path: '/bundle/rootfs' },
    facts,
    mode: 'foreground',
    runDir: '/run/c1',
    stdio: { kind: 'inherit' },
    ...more,
  };
}

const example: OciConfig = { ...exampleConfig(), process: { ...exampleConfig().process, cwd: '/', terminal: false } };

function planOf(change: Partial<OciConfig>, more: Partial<LaunchOptions> = {}): LaunchPlan {
  const config = parseOciConfig({ ...example, ...change });
  return buildLaunchPlan(config, optionsFor(more));
}

function opsOf<Name extends OpName>(plan: LaunchPlan, name: Name): Extract<PlanOp, { op: Name }>[] {
  return plan.ops.filter((op): op is Extract<PlanOp, { op: Name }> => op.op === name);
}

function positions(plan: LaunchPlan, ...matches: ((op: PlanOp) => boolean)[]): number[] {
  return matches.map((match) => plan.ops.findIndex(match));
}

function ascending(numbers: readonly number[]): boolean {
  return numbers.every((n, index) => n >= 0 && (index === 0 || n > (numbers[index - 1] ?? 0)));
}

test('buildLaunchPlan() clones once, last of its side, and execs last of all in the child', () => {
  const plan = planOf({});
  assert.equal(opsOf(plan, 'clone').length, 1);
  assert.equal(plan.ops.filter(({ side }) => side === 'before').at(-1)?.op, 'clone');
  assert.equal(plan.ops.filter(({ side }) => side === 'child').at(-1)?.op, 'exec');
  assert.equal(opsOf(plan, 'gate').length, 1);
  assert.deepEqual(opsOf(plan, 'clone')[0]?.namespaces, ['pid', 'network', 'ipc', 'uts', 'mount']);
});

test('buildLaunchPlan() unshares the cgroup namespace only after joining the control group', () => {
  const cgroup = {
    path: '/x',
    setUp: [],
    tasks: ['/sys/fs/cgroup/memory/x/tasks'],
    cloneInto: undefined,
    collect: [{ name: 'memory.peak', path: '/p' }],
    cleanUp: [{ side: 'cleanup', op: 'rmdir', at: { path: '/sys/fs/cgroup/memory/x' } }],
  } as const;
  const plan = planOf({}, { cgroup });
  assert.ok(
    ascending(
      positions(
        plan,
        (op) => op.op === 'join-cgroups',
        (op) => op.op === 'unshare',
      ),
    ),
  );
  assert.deepEqual(plan.exit.collect, cgroup.collect);
  assert.equal(plan.ops.at(-1)?.op, 'rmdir');
});

test('buildLaunchPlan() resolves every path of the container beneath its root before it changes into it', () => {
  const plan = planOf({
    mounts: [...(example.mounts ?? []), { destination: '/data', source: '/srv', options: ['rbind', 'rro'] }],
  });
  const pivot = plan.ops.findIndex((op) => op.op === 'pivot-root');
  const inside = ['attach', 'mask', 'read-only', 'mknod', 'symlink'];
  plan.ops.forEach((op, index) => {
    if (!inside.includes(op.op) || !('at' in op) || op.about === 'root file system') return;
    assert.notEqual(op.at?.root, undefined, `${op.op} ${op.at?.path}`);
    assert.ok(index < pivot);
  });
});

test('buildLaunchPlan() never has a slot filled twice on one side without closing it', () => {
  const mounts = Array.from({ length: 70 }, (_, n) => ({ destination: `/m${n}`, source: `/s${n}`, options: ['bind'] }));
  const open = new Map<string, Set<number>>();
  for (const op of planOf({ mounts }).ops) {
    const held = open.get(op.side) ?? new Set<number>();
    open.set(op.side, held);
    if (op.op === 'close') held.delete(op.slot);
    else if (op.op === 'clone-mount' || op.op === 'new-mount' || op.op === 'open') {
      assert.ok(!held.has(op.slot), `${op.op} ${op.slot}`);
      assert.ok(op.slot < 64);
      held.add(op.slot);
    }
  }
});

test('buildLaunchPlan() binds with recursive attributes and the wanted propagation', () => {
  const plan = planOf({
    mounts: [{ destination: '/d', source: '/s', type: 'bind', options: ['rbind', 'rro', 'nodev', 'rshared'] }],
  });
  const at = plan.ops.findIndex((op) => op.op === 'clone-mount' && op.at.path === '/s');
  const [first, second, third, attach] = plan.ops.slice(at + 1, at + 5);
  assert.deepEqual(
    [first, second, third].map((op) => op?.op),
    Array(3).fill('mount-attributes'),
  );
  assert.ok(first?.op === 'mount-attributes' && first.set === MOUNT_ATTR.RDONLY && first.recursive);
  assert.ok(second?.op === 'mount-attributes' && second.set === MOUNT_ATTR.NODEV && !second.recursive);
  assert.ok(third?.op === 'mount-attributes' && third.propagation === PROPAGATION.SHARED && third.recursive);
  assert.ok(attach?.op === 'attach' && attach.create === 'as-source');
});

test('buildLaunchPlan() opens what a user namespace needs from the host in the keeper, and maps ids before going on', () => {
  const types: LinuxNamespaceType[] = ['user', 'mount', 'pid'];
  const mapping = [{ containerID: 0, hostID: 100000, size: 65536 }];
  const plan = planOf({
    hostname: '',
    mounts: [{ destination: '/d', source: '/s', options: ['bind'] }],
    linux: { namespaces: types.map((type) => ({ type })), uidMappings: mapping, gidMappings: mapping },
  });
  assert.ok(
    opsOf(plan, 'clone-mount')
      .filter((op) => op.at.path === '/s' || op.at.path === '/bundle/rootfs')
      .every(({ side }) => side === 'before'),
  );
  assert.deepEqual(opsOf(plan, 'id-maps')[0]?.uid, [{ inside: 0, outside: 100000, size: 65536 }]);
  assert.ok(
    ascending(
      positions(
        plan,
        (op) => op.op === 'id-maps',
        (op) => op.op === 'post' && op.side === 'parent',
        (op) => op.op === 'wait' && op.side === 'child',
        (op) => op.op === 'credentials',
      ),
    ),
  );
  assert.equal(opsOf(plan, 'mknod').length, 0);
  assert.ok(opsOf(plan, 'rlimit').every(({ side }) => side === 'parent'));
});

test('buildLaunchPlan() joins namespaces by path, through a process in the middle when a user namespace is among them', () => {
  const plain = planOf({
    linux: {
      namespaces: [
        { type: 'mount' },
        { type: 'uts' },
        { type: 'network', path: '/run/ns' },
        { type: 'pid', path: '/p' },
      ],
    },
  });
  assert.deepEqual(
    opsOf(plain, 'join-namespaces').map(({ side, namespaces }) => [side, ...namespaces]),
    [
      ['before', 'pid'],
      ['child', 'network'],
    ],
  );
  const user = planOf({
    hostname: '',
    linux: { namespaces: [{ type: 'mount' }, { type: 'user', path: '/u' }, { type: 'network', path: '/run/ns' }] },
  });
  assert.deepEqual(
    opsOf(user, 'join-namespaces').map(({ side, namespaces }) => [side, ...namespaces]),
    [
      ['middle', 'network'],
      ['middle', 'user'],
    ],
  );
  assert.equal(opsOf(user, 'clone')[0]?.side, 'middle');
});

test('buildLaunchPlan() loads a filter after the gate and drops what that needed afterwards', () => {
  const seccomp = { filter: new Uint8Array(8), flags: 0, listener: undefined };
  const process = { ...example.process, cwd: '/', noNewPrivileges: false };
  const plan = planOf({ process }, { seccomp });
  const [first, last] = opsOf(plan, 'credentials');
  assert.ok((first?.capabilities?.effective ?? 0n) & CAP_SYS_ADMIN);
  assert.equal((last?.capabilities?.effective ?? 0n) & CAP_SYS_ADMIN, 0n);
  assert.ok(
    ascending(
      positions(
        plan,
        (op) => op.op === 'gate',
        (op) => op.op === 'seccomp',
        (op) => op === last,
      ),
    ),
  );
  const strict = planOf({ process: { ...process, noNewPrivileges: true } }, { seccomp });
  assert.equal(opsOf(strict, 'credentials').length, 1);
});

test('buildLaunchPlan() puts each hook on its side with its state', () => {
  const hook = (name: string) => [{ path: `/${name}`, args: ['name', '-x'], timeout: 2 }];
  const plan = planOf({
    hooks: {
      prestart: hook('prestart'),
      createRuntime: hook('createRuntime'),
      createContainer: hook('createContainer'),
      startContainer: hook('startContainer'),
      poststart: hook('poststart'),
      poststop: hook('poststop'),
    },
  });
  const runs = opsOf(plan, 'run');
  assert.deepEqual(
    runs.map(({ side, path }) => [side, path]),
    [
      ['parent', '/prestart'],
      ['parent', '/createRuntime'],
      ['child', '/createContainer'],
      ['child', '/startContainer'],
      ['started', '/poststart'],
      ['cleanup', '/poststop'],
    ],
  );
  assert.ok(runs.every(({ timeoutMs, argv }) => timeoutMs === 2000 && argv[0] === 'name'));
  const [prestart] = runs;
  assert.deepEqual(JSON.parse(`${prestart?.stdinBefore}7${prestart?.stdinAfter}`), {
    ociVersion: '1.3.0',
    id: 'c1',
    status: 'creating',
    bundle: '/bundle',
    pid: 7,
  });
  assert.ok(runs[3] !== undefined && plan.ops.indexOf(runs[3]) > plan.ops.findIndex(({ op }) => op === 'gate'));
});

test('buildLaunchPlan() refuses by name what the machine or Berth does not do', () => {
  const refused: readonly (readonly [Partial<OciConfig>, RegExp])[] = [
    [{ process: { cwd: '/' } }, /process\.args: must not be empty/],
    [{ linux: { namespaces: [{ type: 'mount' }] } }, /hostname: can not be set/],
    [{ hostname: '', linux: { namespaces: [{ type: 'mount' }, { type: 'mount' }] } }, /mount is there twice/],
    [{ linux: { ...example.linux, intelRdt: { closID: 'x' } } }, /linux\.intelRdt/],
    [{ linux: { ...example.linux, memoryPolicy: { mode: 'MPOL_BIND' } } }, /linux\.memoryPolicy/],
    [{ linux: { ...example.linux, netDevices: { eth0: {} } } }, /linux\.netDevices/],
    [{ linux: { ...example.linux, mountLabel: 'a:b' } }, /linux\.mountLabel/],
    [{ annotations: { '': 'x' } }, /annotations: keys must not be empty/],
    [
      { linux: { ...example.linux, seccomp: { defaultAction: 'SCMP_ACT_ALLOW', listenerMetadata: 'x' } } },
      /seccomp\.listenerMetadata: is only for a listenerPath/,
    ],
    [{ process: { cwd: '/', args: ['x'], scheduler: { policy: 'SCHED_OTHER', nice: 20 } } }, /scheduler\.nice/],
    [{ process: { cwd: '/', args: ['x'], scheduler: { policy: 'SCHED_IDLE', priority: 1 } } }, /scheduler\.priority/],
    [{ process: { cwd: '/', args: ['x'], scheduler: { policy: 'SCHED_RR', period: 1 } } }, /SCHED_DEADLINE/],
    [{ linux: { ...example.linux, rootfsPropagation: 'odd' } }, /linux\.rootfsPropagation/],
    [{ process: { cwd: '/', args: ['x'], apparmorProfile: 'p' } }, /process\.apparmorProfile/],
    [{ process: { cwd: '/', args: ['x'], selinuxLabel: 'p' } }, /process\.selinuxLabel/],
    [{ mounts: [{ destination: '/x', options: ['bind'] }] }, /mounts\[0\]\.source/],
    [{ linux: { ...example.linux, timeOffsets: { boottime: { secs: 1 } } } }, /linux\.timeOffsets/],
  ];
  for (const [change, message] of refused) assert.throws(() => planOf(change), { message });
  const shared = { linux: { ...example.linux, rootfsPropagation: 'shared' } };
  assert.throws(() => planOf(shared, { noPivot: true }), /--no-pivot: a root/);
});

test('buildLaunchPlan() puts networks between the settings of the namespace and those of its interfaces, before the root is entered', () => {
  const sysctl = { 'net.ipv4.conf.default.rp_filter': '2', 'net.ipv4.conf.eth0.log_martians': '1' };
  const network: PlanOp[] = [{ side: 'parent', op: 'netlink', family: 0, messages: [], about: 'outside' }];
  const networkInside: PlanOp[] = [{ side: 'child', op: 'netlink', family: 0, messages: [], about: 'inside' }];
  const networkSettle: PlanOp[] = [{ side: 'parent', op: 'netlink', family: 0, messages: [], about: 'settle' }];
  const networkAnnounce: PlanOp[] = [{ side: 'child', op: 'netlink', family: 0, messages: [], about: 'announce' }];
  const networks = { network, networkInside, networkSettle, networkAnnounce };
  const plan = planOf({ linux: { ...example.linux, sysctl } }, networks);
  const about = (text: string) => (op: PlanOp) => op.about === text;
  const inOrder = positions(
    plan,
    about('net.ipv4.conf.default.rp_filter'),
    about('inside'),
    about('net.ipv4.conf.eth0.log_martians'),
    (op) => op.op === 'pivot-root',
    about('announce'),
    (op) => op.op === 'credentials',
  );
  assert.ok(ascending(inOrder), String(inOrder));
  const sides = (side: PlanOp['side']) => plan.ops.filter((op) => op.side === side).map(({ op }) => op);
  assert.deepEqual(sides('parent').slice(-6), ['wait', 'netlink', 'post', 'wait', 'netlink', 'post']);
});

test('buildLaunchPlan() shows hooks the finished networks', () => {
  const network: PlanOp[] = [{ side: 'parent', op: 'netlink', family: 0, messages: [], about: 'outside' }];
  const networkInside: PlanOp[] = [{ side: 'child', op: 'netlink', family: 0, messages: [], about: 'inside' }];
  const plan = planOf({ hooks: { createRuntime: [{ path: '/hook' }] } }, { network, networkInside });
  const parent = plan.ops.filter(({ side }) => side === 'parent').map(({ op }) => op);
  assert.deepEqual(parent.slice(-7), ['netlink', 'post', 'wait', 'post', 'wait', 'run', 'post']);
  const child = plan.ops.filter(({ side }) => side === 'child');
  const inside = child.findIndex(({ about }) => about === 'inside');
  const around = child.slice(inside - 1, inside + 5).map(({ op }) => op);
  assert.deepEqual(around, ['wait', 'netlink', 'post', 'wait', 'post', 'wait']);
});

test('buildLaunchPlan() runs the hooks of the container under its filter and with its environment', () => {
  const seccomp = { filter: new Uint8Array(8), flags: 0, listener: undefined };
  const hooks = { startContainer: [{ path: '/a' }, { path: '/b', env: ['X=1'] }] };
  const plan = planOf({ hooks }, { seccomp, mode: 'handoff' });
  const steps = plan.ops.filter(({ op }) => op === 'gate' || op === 'seccomp' || op === 'run').map(({ op }) => op);
  assert.deepEqual(steps, ['gate', 'seccomp', 'run', 'run']);
  const [own, other] = opsOf(plan, 'run');
  assert.ok(own?.completeHome === true && own.env.includes('TERM=xterm'));
  assert.deepEqual([other?.completeHome, other?.env], [undefined, ['X=1']]);
});

test('buildLaunchPlan() takes a source within the root file system as the container shows it', () => {
  const mounts = [{ destination: '/bundle/rootfs/b', source: '/bundle/rootfs/a', options: ['bind'] }];
  const user = { ...example.linux, namespaces: [{ type: 'user' as const }, { type: 'mount' as const }] };
  const maps = [{ containerID: 0, hostID: 1000, size: 1 }];
  const plan = planOf({ mounts, hostname: '', linux: { ...user, uidMappings: maps, gidMappings: maps } });
  const bind = opsOf(plan, 'clone-mount').find(({ at }) => at.path === '/a');
  assert.ok(bind?.side === 'child' && bind.at.root !== undefined);
  assert.ok(opsOf(plan, 'attach').some(({ at }) => at.path === '/b'));
  const beside = [{ destination: '/b', source: '/bundle/rootfs/../data', options: ['bind'] }];
  const sources = opsOf(planOf({ mounts: beside }), 'clone-mount').map(({ at }) => at);
  assert.ok(sources.some(({ root, path }) => root === undefined && path === '/bundle/rootfs/../data'));
});

test('buildLaunchPlan() leaves a root that is to be a slave in the group of the host', () => {
  const propagationOf = (rootfsPropagation: string) =>
    opsOf(planOf({ linux: { ...example.linux, rootfsPropagation } }), 'mount-attributes').find(
      ({ at, recursive }) => at.root !== undefined && recursive,
    )?.propagation;
  assert.equal(propagationOf('rslave'), PROPAGATION.SLAVE);
  assert.equal(propagationOf('private'), PROPAGATION.PRIVATE);
});

test('buildLaunchPlan() mounts control groups v2 anew only in a namespace of their own', () => {
  const linux = { ...example.linux, namespaces: [{ type: 'mount' as const }, { type: 'uts' as const }] };
  const mounts = [{ destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: ['ro'] }];
  const isNew = (plan: LaunchPlan) => opsOf(plan, 'new-mount').some(({ fsType }) => fsType === 'cgroup2');
  const own = [...linux.namespaces, { type: 'cgroup' as const }];
  assert.equal(isNew(planOf({ mounts, linux: { ...linux, namespaces: own } })), true);
  const plan = planOf({ mounts, linux });
  assert.equal(isNew(plan), false, "a new mount would change the host's options");
  assert.ok(opsOf(plan, 'clone-mount').some(({ at }) => at.path === '/sys/fs/cgroup'));
});

test('buildLaunchPlan() gives a new mount what is to hold for all below it', () => {
  const mounts = [{ destination: '/t', type: 'tmpfs', source: 'tmpfs', options: ['rnosuid', 'rro'] }];
  const plan = planOf({ mounts });
  assert.equal(opsOf(plan, 'new-mount').find(({ fsType }) => fsType === 'tmpfs')?.attrs, MOUNT_ATTR.NOSUID);
  assert.ok(opsOf(plan, 'mount-attributes').some(({ at, set }) => at.path === '/t' && set === MOUNT_ATTR.RDONLY));
});

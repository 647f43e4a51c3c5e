import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { signalProcess, waitExit } from '#sys/keeper/attach.ts';
import { launch } from '#sys/keeper/launch.ts';
import type { LaunchPlan, PlanOp } from '#sys/keeper/plan.ts';
import { basicPlan, makeScratch, ROOT } from './basic-plan.ts';
import { assertNothingLeft, client, demultiplex, isAlive, runToEnd, started, until } from './running.ts';

const scratch = makeScratch();
after(() => scratch[Symbol.dispose]());

const child = { side: 'child' } as const;
const inRoot = (path: string) => ({ root: ROOT, path });
const O_PATH = 0o10000000;
const MAP = [{ inside: 0, outside: 100_000, size: 65_536 }];

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

/** RTM_NEWLINK that sets IFF_UP on interface 1. */
function loopbackUp(): Uint8Array {
  const message = Buffer.alloc(32);
  message.writeUInt32LE(32, 0);
  message.writeUInt16LE(16, 4);
  message.writeInt32LE(1, 20);
  message.writeUInt32LE(1, 24);
  message.writeUInt32LE(1, 28);
  return message;
}

test('netlink messages act in the network namespace of the process, holes filled', async () => {
  const { stdout } = await runToEnd(scratch, {
    argv: ['cat', '/proc/net/if_inet6', '/proc/net/route'],
    beforePivot: [
      {
        ...child,
        op: 'netlink',
        family: 0,
        messages: [{ bytes: loopbackUp(), holes: [{ kind: 'ifindex', offset: 20, name: 'lo' }] }],
      },
    ],
  });
  assert.match(stdout, /00000000000000000000000000000001 01 80 10 80 +lo/);
  const plan = basicPlan(scratch.run(), scratch.lower, {
    argv: ['true'],
    beforePivot: [
      {
        ...child,
        op: 'netlink',
        family: 0,
        messages: [{ bytes: loopbackUp(), holes: [{ kind: 'ifindex', offset: 20, name: 'nothing0' }] }],
      },
    ],
  });
  await assert.rejects(launch(plan), /ENODEV|no such device/);
});

/** Instructions: load the number; equal: return `action`; else allow. */
function filterOn(syscall: number, action: number): Uint8Array {
  const program = Buffer.alloc(32);
  program.writeUInt16LE(0x20, 0);
  program.writeUInt16LE(0x15, 8);
  program[11] = 1;
  program.writeUInt32LE(syscall, 12);
  program.writeUInt16LE(0x06, 16);
  program.writeUInt32LE(action, 20);
  program.writeUInt16LE(0x06, 24);
  program.writeUInt32LE(0x7fff0000, 28);
  return program;
}

const SYS_SETHOSTNAME = process.arch === 'x64' ? 170 : 161;

test('a seccomp filter applies to the program', async () => {
  const { stderr, record } = await runToEnd(scratch, {
    argv: ['hostname', 'new'],
    beforeGate: [
      { ...child, op: 'no-new-privileges' },
      { ...child, op: 'seccomp', filter: filterOn(SYS_SETHOSTNAME, 0x00050000 | 13), flags: 0 },
    ],
  });
  assert.equal(record.exitCode, 1);
  assert.match(stderr, /Permission denied/);
});

test('a seccomp listener goes to its socket with the process state', async () => {
  const path = join(scratch.dir, 'notify');
  const arrived = Promise.withResolvers<string>();
  const server = createServer((socket) => socket.on('data', (chunk) => arrived.resolve(String(chunk)))).listen(path);
  const paths = scratch.run();
  const launched = await launch(
    basicPlan(paths, scratch.lower, {
      argv: ['true'],
      before: [{ op: 'connect', side: 'before', slot: 33, path }],
      beforeGate: [
        { ...child, op: 'no-new-privileges' },
        {
          ...child,
          op: 'seccomp',
          filter: filterOn(SYS_SETHOSTNAME, 0x7fc00000),
          flags: 0,
          listener: { socket: 33, state: ['{"pid":', ',"again":', '}'] },
        },
      ],
    }),
  );
  assert.deepEqual(JSON.parse(await arrived.promise), { pid: launched.pid, again: launched.pid });
  await launched.abort();
  server.close();
});

test('attributes of the process: scheduler, priority, affinity, personality, keyring', async () => {
  const running = await started(scratch, {
    argv: ['sleep', '1000'],
    beforeGate: [
      {
        ...child,
        op: 'scheduler',
        policy: 3,
        flags: 0n,
        nice: 5,
        priority: 0,
        runtimeNs: 0n,
        deadlineNs: 0n,
        periodNs: 0n,
      },
      { ...child, op: 'io-priority', value: (2 << 13) | 3 },
      { ...child, op: 'cpu-affinity', cpus: [0] },
      { ...child, op: 'personality', persona: 0x0040000 },
      { ...child, op: 'session-keyring', name: '_ses.test', tolerate: [38] },
    ],
  });
  const stat = readFileSync(`/proc/${running.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  assert.equal(stat[16], '5');
  assert.equal(stat[38], '3');
  assert.match(readFileSync(`/proc/${running.pid}/status`, 'utf8'), /Cpus_allowed_list:\t0\n/);
  assert.equal(readFileSync(`/proc/${running.pid}/personality`, 'utf8'), '00040000\n');
  await signalProcess(running.runDir, 9);
  await waitExit(running.runDir);
});

test('sysctls are written in the namespaces of the process', async () => {
  const { stdout } = await runToEnd(scratch, {
    argv: ['cat', '/proc/sys/net/ipv4/ip_unprivileged_port_start', '/proc/sys/kernel/hostname'],
    beforePivot: [
      { ...child, op: 'hostname', name: 'one' },
      { ...child, op: 'write', at: { path: '/proc/sys/net/ipv4/ip_unprivileged_port_start' }, data: '7', only: 'proc' },
    ],
  });
  assert.equal(stdout, '7\none\n');
});

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

test('--no-pivot: the root is moved instead', async () => {
  const { stdout } = await runToEnd(scratch, { argv: ['ls', '/'], rootHow: 'move' });
  assert.match(stdout, /^bin\n/);
});

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

/** Control groups v2 as the kernel has them, and beside systemd. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { assembleEngine } from '#engine/open-engine.ts';
import { API_VERSION, MINIMUM_API_VERSION } from '#serve/docker-api/router.ts';
import { detectCgroups, groupDir } from '#sys/cgroup/host.ts';
import { type EngineFixture, eventually, openEngineFixture, request, run } from '../lib/engine-fixture.ts';
import { collect, Sandbox } from '../system/cgroup/sandbox.ts';

const MIB = 1024 * 1024;
const host = detectCgroups();
const { unified } = host;
const skip = (host.version !== 2 || unified === undefined) && 'needs cgroup v2 (npm run test:vm)';
const noBpftool = spawnSync('bpftool', ['version']).status !== 0 && 'needs bpftool (npm run test:vm)';
const noSystemd = !existsSync('/run/systemd/system') && 'needs systemd (npm run test:vm -- --systemd)';

const dirOf = (path: string): string => groupDir(unified!, path);
const read = (path: string, file: string): string => readFileSync(`${dirOf(path)}/${file}`, 'utf8').trim();

/** Starts a container and tells the directory of its group. */
async function start(fixture: EngineFixture, cmd: string[], more: object = {}) {
  const { containers } = fixture.core;
  const { Id } = await containers.create(request(cmd, { HostConfig: more }));
  await containers.start(Id);
  const { cgroupPath, pid } = await containers.locate(Id);
  return { id: Id, path: cgroupPath, dir: dirOf(cgroupPath), pid };
}

test('every kind of limit reaches its file', { skip }, async () => {
  await using sandbox = new Sandbox(host);
  const { path } = sandbox.make({
    memory: { limit: 256 * MIB, swap: 512 * MIB, reservation: 64 * MIB },
    cpu: { shares: 512, quota: 25_000, period: 50_000, cpus: '0', mems: '0', idle: 0 },
    pids: { limit: 99 },
    hugepageLimits: [{ pageSize: '2MB', limit: 8 * MIB }],
    unified: {
      'memory.high': String(200 * MIB),
      'memory.min': String(16 * MIB),
      'memory.oom.group': '1',
      'memory.swap.high': String(128 * MIB),
      'cgroup.max.descendants': '5',
    },
  });
  const found = [
    ...[
      'memory.max',
      'memory.swap.max',
      'memory.low',
      'memory.high',
      'memory.min',
      'memory.oom.group',
      'memory.swap.high',
    ],
    ...['cpu.weight', 'cpu.max', 'cpu.idle', 'cpuset.cpus', 'cpuset.mems', 'pids.max', 'cgroup.max.descendants'],
    ...['hugetlb.2MB.max', 'hugetlb.2MB.rsvd.max'],
  ].map((file) => read(path, file));
  assert.deepEqual(found, [
    ...[256, 256, 64, 200, 16].map((size) => String(size * MIB)),
    ...['1', String(128 * MIB), '59', '25000 50000', '0', '0', '0', '99', '5'],
    ...[String(8 * MIB), String(8 * MIB)],
  ]);
  for (const [resources, words] of [
    [{ unified: { 'memory.no-such': '1' } }, /unified: "memory.no-such" is not a control file/],
    [{ unified: { 'nothing.max': '1' } }, /controller "nothing" is not available/],
    [{ memory: { swappiness: 10 } }, /cannot set the limit memory.swappiness: cgroup v2 has no swappiness/],
    [{ cpu: { realtimePeriod: 1000 } }, /cannot set the limit cpu.realtimePeriod/],
  ] as const)
    assert.throws(() => sandbox.make(resources), words);
});

test('memory.oom.group: all processes of the group end with the one that took too much', { skip }, async () => {
  await using sandbox = new Sandbox(host);
  const plan = sandbox.make({ memory: { limit: 16 * MIB, swap: 16 * MIB }, unified: { 'memory.oom.group': '1' } });
  const { signal } = await sandbox.run(plan, 'sleep 1000 & tail /dev/zero; echo survived');
  assert.equal(signal, 'SIGKILL');
  assert.match(collect(plan)['memory.events'] ?? '', /^oom_group_kill 1$/m);
});

test('a container that ran out of memory is reported so, and its statistics count it', { skip }, async () => {
  await using fixture = await openEngineFixture();
  const { containers } = fixture.core;
  const limits = { Memory: 16 * MIB, MemorySwap: 16 * MIB };
  const { id, code } = await run(fixture.core, request(['sh', '-c', 'tail /dev/zero'], { HostConfig: limits }));
  assert.equal(code, 137);
  assert.equal((await containers.inspect(id)).State.OOMKilled, true);
});

test('statistics and facts have the shape that docker gives them on v2', { skip }, async () => {
  await using fixture = await openEngineFixture();
  const engine = assembleEngine(fixture.core, {
    apiVersion: API_VERSION,
    minimumApiVersion: MINIMUM_API_VERSION,
    build: { version: '0', commit: '', time: '' },
  });
  const { id } = await start(fixture, ['sleep', '1000'], { Memory: 64 * MIB, PidsLimit: 30 });
  const stats = await engine.stats.read(id, { stream: false, oneShot: true });
  const { value } = await stats[Symbol.asyncIterator]().next();
  assert.ok(value !== undefined);
  const { cpu_stats: cpu, memory_stats: memory, pids_stats: pids, blkio_stats: blkio } = value;
  assert.deepEqual(Object.keys(cpu.cpu_usage).sort(), ['total_usage', 'usage_in_kernelmode', 'usage_in_usermode']);
  assert.ok(cpu.cpu_usage.total_usage > 0);
  assert.deepEqual(Object.keys(memory).sort(), ['limit', 'stats', 'usage']);
  assert.equal(memory.limit, 64 * MIB);
  for (const key of [
    'anon',
    'file',
    'kernel_stack',
    'inactive_file',
    'active_anon',
    'pgfault',
    'workingset_nodereclaim',
  ])
    assert.equal(typeof memory.stats?.[key], 'number', key);
  assert.deepEqual(pids, { current: 1, limit: 30 });
  const { io_service_bytes_recursive: bytes, ...others } = blkio;
  assert.ok(Object.values(others).every((each) => each === null));
  assert.ok(bytes === null || bytes.every(({ op }: { op: string }) => op === 'read' || op === 'write'));
  const info = await engine.system.info();
  assert.deepEqual([info.CgroupVersion, info.CgroupDriver], ['2', 'cgroupfs']);
  assert.ok(info.SecurityOptions.includes('name=cgroupns'));
  assert.deepEqual([info.OomKillDisable, info.MemoryLimit, info.PidsLimit, info.CPUSet], [false, true, true, true]);
});

test('update changes the files of a running container', { skip }, async () => {
  await using fixture = await openEngineFixture();
  const { id, path } = await start(fixture, ['sleep', '1000'], { Memory: 64 * MIB });
  await fixture.core.containers.update(id, {
    Memory: 128 * MIB,
    MemorySwap: 192 * MIB,
    MemoryReservation: 32 * MIB,
    CpuShares: 512,
    NanoCpus: 1_500_000_000,
    CpusetCpus: '0',
    PidsLimit: 44,
  } as never);
  const files = ['memory.max', 'memory.swap.max', 'memory.low', 'cpu.weight', 'cpu.max', 'cpuset.cpus', 'pids.max'];
  assert.deepEqual(
    files.map((file) => read(path, file)),
    [128 * MIB, 64 * MIB, 32 * MIB, 59, '150000 100000', 0, 44].map(String),
  );
});

test('the device program of a container is the only one of its group, and a privileged one has none', {
  skip: skip || noBpftool,
}, async () => {
  await using fixture = await openEngineFixture();
  const programs = (dir: string) =>
    JSON.parse(execFileSync('bpftool', ['--json', 'cgroup', 'show', dir], { encoding: 'utf8' }) || '[]') as {
      readonly attach_type: string;
    }[];
  const plain = await start(fixture, ['sleep', '1000']);
  assert.deepEqual(
    programs(plain.dir).map(({ attach_type }) => attach_type),
    ['cgroup_device'],
  );
  const privileged = await start(fixture, ['sleep', '1000'], { Privileged: true });
  assert.deepEqual(programs(privileged.dir), []);
});

test('a container sees the group of the host with --cgroupns host, and is in the group that --cgroup-parent names', {
  skip,
}, async () => {
  await using fixture = await openEngineFixture();
  const parent = `/berth-test-parent-${process.pid}`;
  try {
    const { stdout } = await run(
      fixture.core,
      request(['sh', '-c', 'cat /proc/self/cgroup; ls -d /sys/fs/cgroup/cgroup.procs'], {
        HostConfig: { CgroupnsMode: 'host', CgroupParent: parent },
      }),
    );
    assert.match(stdout, new RegExp(`^0::${parent}/[0-9a-f]{64}\n/sys/fs/cgroup/cgroup.procs\n$`));
    assert.deepEqual(existsSync(dirOf(parent)), true);
  } finally {
    rmdirSync(dirOf(parent));
  }
});

test('a parent that has processes itself cannot have containers: the message says which and why', {
  skip,
}, async () => {
  await using fixture = await openEngineFixture();
  const parent = `/berth-test-busy-${process.pid}`;
  mkdirSync(dirOf(parent));
  const { pid } = await start(fixture, ['sleep', '1000'], { CgroupnsMode: 'host' });
  writeFileSync(`${dirOf(parent)}/cgroup.procs`, String(pid));
  try {
    await assert.rejects(
      start(fixture, ['true'], { CgroupParent: parent }),
      new RegExp(`groups below ${parent} .*no processes of its own.*busy`),
    );
  } finally {
    await fixture.core.containers.kill((await fixture.core.containers.list({}))[0]?.Id ?? '');
    await eventually('the group is empty', () => read(parent, 'cgroup.procs') === '');
    rmdirSync(dirOf(parent));
  }
});

test('systemd leaves the groups of containers alone when it reloads and starts and stops its own units', {
  skip: skip || noSystemd,
}, async () => {
  await using fixture = await openEngineFixture();
  const { path, pid } = await start(fixture, ['sleep', '1000'], { Memory: 64 * MIB, PidsLimit: 30, CpuShares: 512 });
  const systemctl = (...words: string[]) => execFileSync('systemctl', words, { stdio: 'pipe' });
  systemctl('daemon-reload');
  execFileSync('systemd-run', ['--wait', '--quiet', '-p', 'MemoryMax=50M', '-p', 'CPUWeight=10', 'true']);
  systemctl('daemon-reexec');
  assert.equal(readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim(), `0::${path}`);
  assert.deepEqual(
    ['memory.max', 'pids.max', 'cpu.weight'].map((file) => read(path, file)),
    [String(64 * MIB), '30', '59'],
  );
});

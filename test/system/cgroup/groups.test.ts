import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { isBerthError } from '#base/errors.ts';
import { freezeCgroup, isFrozen, thawCgroup } from '#sys/cgroup/freeze.ts';
import { detectCgroups, groupDir, hierarchyOf } from '#sys/cgroup/host.ts';
import { oomKillCount, reportOom } from '#sys/cgroup/oom.ts';
import { joinCgroup } from '#sys/cgroup/plan.ts';
import { listPids } from '#sys/cgroup/processes.ts';
import { killCgroup, removeCgroup } from '#sys/cgroup/remove.ts';
import { readStats } from '#sys/cgroup/stats.ts';
import { updateCgroup } from '#sys/cgroup/update.ts';
import { cgroupOf, identify, isAlive } from '#sys/proc.ts';
import { collect, joined, Sandbox, until } from './sandbox.ts';

const MIB = 1024 * 1024;
const host = detectCgroups();
const isV1 = host.version === 1;

/** A control file of a group: v1's name or v2's. */
function control(path: string, controller: string, v1: string, v2: string): string {
  const hierarchy = isV1 ? hierarchyOf(host, controller) : host.unified;
  assert.ok(hierarchy !== undefined);
  return readFileSync(`${groupDir(hierarchy, path)}/${isV1 ? v1 : v2}`, 'utf8').trim();
}

test('a planned group has its limits, and a process that joins is in it everywhere', async () => {
  await using sandbox = new Sandbox(host);
  const plan = sandbox.make({
    memory: { limit: 64 * MIB, swap: 96 * MIB, reservation: 32 * MIB },
    cpu: { shares: 512, quota: 50_000, period: 100_000 },
    pids: { limit: 7 },
  });
  assert.equal(control(plan.path, 'memory', 'memory.limit_in_bytes', 'memory.max'), String(64 * MIB));
  assert.equal(
    control(plan.path, 'memory', 'memory.memsw.limit_in_bytes', 'memory.swap.max'),
    String((isV1 ? 96 : 32) * MIB),
  );
  assert.equal(control(plan.path, 'memory', 'memory.soft_limit_in_bytes', 'memory.low'), String(32 * MIB));
  assert.equal(control(plan.path, 'cpu', 'cpu.shares', 'cpu.weight'), isV1 ? '512' : '59');
  assert.equal(control(plan.path, 'cpu', 'cpu.cfs_quota_us', 'cpu.max'), isV1 ? '50000' : '50000 100000');
  assert.equal(control(plan.path, 'pids', 'pids.max', 'pids.max'), '7');
  const child = sandbox.start(plan, 'read line');
  await joined(child);
  assert.deepEqual(listPids(host, plan.path), [child.pid]);
  for (const controller of isV1 ? ['memory', 'pids', 'cpu', 'cpuacct', 'devices', 'freezer', 'blkio'] : ['']) {
    assert.equal(cgroupOf(child.pid, controller), plan.path, controller);
  }
  assert.deepEqual(joinCgroup(host, plan.path), { tasks: plan.tasks, cloneInto: plan.cloneInto });
});

test('a cpuset is inherited where it is not given', async () => {
  await using sandbox = new Sandbox(host);
  const plan = sandbox.make({ cpu: { cpus: '0' } });
  assert.equal(control(plan.path, 'cpuset', 'cpuset.cpus', 'cpuset.cpus'), '0');
  assert.notEqual(control(plan.path, 'cpuset', 'cpuset.mems', 'cpuset.mems.effective'), '');
  const { code, output } = await sandbox.run(plan, 'grep Cpus_allowed_list /proc/self/status');
  assert.equal(code, 0);
  assert.match(output, /\t0$/m);
});

test('the pids limit holds', async () => {
  await using sandbox = new Sandbox(host);
  const plan = sandbox.make({ pids: { limit: 3 } });
  const { output } = await sandbox.run(
    plan,
    'trap "" TERM; for i in 1 2 3 4 5; do sleep 0.01 & done 2>&1; wait; echo end',
  );
  assert.match(output, /fork/i);
  assert.match(collect(plan)['pids.events'] ?? '', /max [1-9]/);
});

test('reportOom() names the killed process, the peak and the limit', async () => {
  await using sandbox = new Sandbox(host);
  const plan = sandbox.make({ memory: { limit: 16 * MIB, swap: 16 * MIB } });
  const { output } = await sandbox.run(plan, 'tail /dev/zero & echo $!; wait $! 2> /dev/null; echo status $?');
  const [victim = '', status] = output.trim().split('\n');
  assert.equal(status, 'status 137');
  const collected = collect(plan);
  assert.ok(oomKillCount(collected) >= 1);
  const report = reportOom(collected, plan.path, { pids: [Number(victim)] });
  assert.equal(report.limitBytes, 16 * MIB);
  // memory.peak came with Linux 5.19
  assert.ok(report.peakBytes !== undefined && report.peakBytes > 15 * MIB && report.peakBytes <= 16 * MIB);
  assert.equal(report.victim?.name, 'tail');
  assert.equal(report.victim?.pid, Number(victim));
  // Under many kills at once the kernel leaves the group out.
  assert.ok([plan.path, undefined].includes(report.victim?.limitedGroup));
  assert.ok((report.victim?.anonBytes ?? 0) > 8 * MIB);
});

test('freezeCgroup() stops all processes until thawCgroup()', async () => {
  await using sandbox = new Sandbox(host);
  const plan = sandbox.make();
  const child = sandbox.start(plan, 'while read line; do echo "got $line"; done');
  await joined(child);
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  assert.equal(isFrozen(host, plan.path), false);
  await freezeCgroup(host, plan.path);
  assert.equal(isFrozen(host, plan.path), true);
  child.stdin?.write('hello\n');
  await freezeCgroup(host, plan.path); // again is no error
  assert.equal(output, '');
  await thawCgroup(host, plan.path);
  await until('the process answers', () => output === 'got hello\n');
  assert.equal(isFrozen(host, plan.path), false);
});

test('readStats() accounts for what the processes use', async () => {
  await using sandbox = new Sandbox(host);
  const plan = sandbox.make({ memory: { limit: 64 * MIB }, pids: { limit: 50 } });
  const child = sandbox.start(
    plan,
    'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; sleep 1000 & echo ready; read line',
  );
  await joined(child);
  await until('the loop has ended', () => listPids(host, plan.path).length === 2);
  const first = readStats(host, plan.path);
  assert.ok(first.cpu_stats.cpu_usage.total_usage > 100_000);
  assert.ok(first.cpu_stats.system_cpu_usage > first.cpu_stats.cpu_usage.total_usage);
  assert.ok(first.cpu_stats.online_cpus >= 1);
  assert.ok((first.memory_stats.usage ?? 0) > 4096);
  assert.equal(first.memory_stats.limit, 64 * MIB);
  assert.ok(Object.keys(first.memory_stats.stats ?? {}).length > 10);
  assert.deepEqual(first.pids_stats, { current: 2, limit: 50 });
  const unlimited = sandbox.make();
  const stats = readStats(host, unlimited.path);
  assert.deepEqual(stats.pids_stats, { current: 0 });
  const total = /MemTotal:\s+(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1];
  assert.equal(stats.memory_stats.limit, Number(total) * 1024);
  assert.throws(
    () => readStats(host, `${sandbox.parent}/none`),
    (error) => isBerthError(error, 'not-found'),
  );
});

// v1 counts only on devices that a limit throttles (since Linux 6.10), and a test should not throttle the machine's disk.
test('readStats() counts block I/O', { skip: isV1 && 'needs cgroup v2' }, async (t) => {
  await using sandbox = new Sandbox(host);
  const plan = sandbox.make();
  const device = statSync('/var/tmp').dev;
  if (device >> 8 === 0) return t.skip('/var/tmp is on no block device');
  const script =
    'f=$(mktemp /var/tmp/berth-test.XXXXXX); dd if=/dev/zero of=$f bs=1M count=4 oflag=direct 2>/dev/null; rm $f';
  assert.equal((await sandbox.run(plan, script)).code, 0);
  const entries = readStats(host, plan.path).blkio_stats.io_service_bytes_recursive ?? [];
  const written = entries.filter(({ op }) => op.toLowerCase() === 'write').reduce((sum, { value }) => sum + value, 0);
  assert.ok(written >= 4 * MIB, `${written} bytes`);
});

test('updateCgroup() changes limits in whatever direction', async () => {
  await using sandbox = new Sandbox(host);
  const plan = sandbox.make({ memory: { limit: 64 * MIB, swap: 64 * MIB }, cpu: { quota: 50_000, period: 100_000 } });
  const memory = (): string[] => [
    control(plan.path, 'memory', 'memory.limit_in_bytes', 'memory.max'),
    control(plan.path, 'memory', 'memory.memsw.limit_in_bytes', 'memory.swap.max'),
  ];
  const expected = (limit: number, swap: number): string[] => [String(limit), String(isV1 ? swap : swap - limit)];
  for (const [limit, swap] of [
    [256, 256],
    [32, 48],
    [32, 512],
    [128, 128],
  ] as const) {
    updateCgroup(host, plan.path, { memory: { limit: limit * MIB, swap: swap * MIB } });
    assert.deepEqual(memory(), expected(limit * MIB, swap * MIB));
  }
  updateCgroup(host, plan.path, { memory: { swap: 200 * MIB } });
  assert.deepEqual(memory(), expected(128 * MIB, 200 * MIB));
  updateCgroup(host, plan.path, { memory: { limit: -1 } });
  assert.match(memory()[0] ?? '', /^(max|9223372036854\d+)$/);
  updateCgroup(host, plan.path, { cpu: { period: 10_000, quota: 5000 }, pids: { limit: 12 } });
  assert.equal(control(plan.path, 'cpu', 'cpu.cfs_quota_us', 'cpu.max'), isV1 ? '5000' : '5000 10000');
  assert.equal(control(plan.path, 'pids', 'pids.max', 'pids.max'), '12');
  updateCgroup(host, plan.path, { cpu: { period: 100_000, quota: 90_000 } });
  assert.equal(control(plan.path, 'cpu', 'cpu.cfs_period_us', 'cpu.max'), isV1 ? '100000' : '90000 100000');
  updateCgroup(host, plan.path, { pids: { limit: -1 }, cpu: { quota: -1 } });
  assert.equal(control(plan.path, 'pids', 'pids.max', 'pids.max'), 'max');
});

test('updateCgroup() sets limits of controllers that the container was started without', async () => {
  await using sandbox = new Sandbox(host);
  const plan = sandbox.make();
  const child = sandbox.start(plan, 'sleep 1000 & read line');
  await joined(child);
  await until('there is a child', () => listPids(host, plan.path).length === 2);
  updateCgroup(host, plan.path, { cpu: { cpus: '0' }, hugepageLimits: [{ pageSize: '2MB', limit: 0 }] });
  for (const pid of listPids(host, plan.path)) {
    assert.match(readFileSync(`/proc/${pid}/status`, 'utf8'), /^Cpus_allowed_list:\t0$/m);
  }
  assert.equal(cgroupOf(child.pid, isV1 ? 'cpuset' : ''), plan.path);
  const before = control(plan.path, 'cpuset', 'cpuset.cpus', 'cpuset.cpus');
  assert.throws(
    () => updateCgroup(host, plan.path, { cpu: { cpus: '900-901' } }),
    (error) => isBerthError(error, 'invalid'),
  );
  assert.equal(control(plan.path, 'cpuset', 'cpuset.cpus', 'cpuset.cpus'), before);
  await removeCgroup(host, plan.path, { kill: true });
  for (const operation of plan.cleanUp) assert.ok(operation.op === 'rmdir' && !existsSync(operation.at.path));
});

test('updateCgroup() leaves everything as it was when one value is refused', async () => {
  await using sandbox = new Sandbox(host);
  const plan = sandbox.make({ cpu: { shares: 512 }, memory: { limit: 64 * MIB } });
  const shares = control(plan.path, 'cpu', 'cpu.shares', 'cpu.weight');
  assert.throws(
    () =>
      updateCgroup(host, plan.path, { cpu: { shares: 2048, period: 100_000, quota: 5 }, memory: { limit: 128 * MIB } }),
    (error) => isBerthError(error, 'invalid') && /cannot set cpu\.quota to "5/.test(error.message),
  );
  assert.equal(control(plan.path, 'cpu', 'cpu.shares', 'cpu.weight'), shares);
  assert.equal(control(plan.path, 'memory', 'memory.limit_in_bytes', 'memory.max'), String(64 * MIB));
  assert.throws(
    () => updateCgroup(host, `${sandbox.parent}/none`, { pids: { limit: 3 } }),
    (error) => isBerthError(error, 'not-found'),
  );
  assert.throws(
    () => updateCgroup(host, plan.path, { memory: { limit: 64 * MIB, swap: MIB } }),
    /smaller than memory.limit/,
  );
});

test('updateCgroup() refuses a memory limit below what is in use', async () => {
  await using sandbox = new Sandbox(host);
  const plan = sandbox.make({ memory: { limit: 128 * MIB, swap: 128 * MIB } });
  // tail keeps the line that it is reading: anonymous memory that cannot be reclaimed without swap.
  const child = sandbox.start(plan, '{ head -c 40000000 /dev/zero; read line; } | tail -n 5 > /dev/null');
  await joined(child);
  const usage = (): number => readStats(host, plan.path).memory_stats.stats?.[isV1 ? 'rss' : 'anon'] ?? 0;
  await until('memory is in use', () => usage() > 30 * MIB);
  assert.throws(
    () => updateCgroup(host, plan.path, { memory: { limit: 8 * MIB } }),
    (error) => isBerthError(error, 'invalid') && /below the \d+ bytes in use/.test(error.message),
  );
  assert.equal(control(plan.path, 'memory', 'memory.limit_in_bytes', 'memory.max'), String(128 * MIB));
  assert.equal(oomKillCount(collect(plan)), 0);
});

test('device rules allow what they name and nothing else', async () => {
  await using sandbox = new Sandbox(host);
  const outcome = async (
    devices: NonNullable<Parameters<Sandbox['make']>[0]>['devices'],
    script: string,
  ): Promise<number | null> =>
    (await sandbox.run(sandbox.make(devices === undefined ? {} : { devices }), `{ ${script}; } 2>/dev/null`)).code;
  const readKernelLog = 'exec 3< /dev/kmsg || exit 1';
  const writeKernelLog = 'exec 3>> /dev/kmsg || exit 1';
  assert.notEqual(await outcome([], readKernelLog), 0);
  assert.equal(await outcome([], 'head -c 1 /dev/zero > /dev/null'), 0);
  const readOnly = { allow: true, type: 'c', major: 1, minor: 11, access: 'r' };
  assert.equal(await outcome([readOnly], readKernelLog), 0);
  assert.notEqual(await outcome([readOnly], writeKernelLog), 0);
  assert.equal(await outcome([{ ...readOnly, access: 'rwm' }], writeKernelLog), 0);
  const allButLog = [{ allow: true }, { allow: false, type: 'c', major: 1, minor: 11, access: 'w' }];
  assert.equal(await outcome(allButLog, readKernelLog), 0);
  assert.notEqual(await outcome(allButLog, writeKernelLog), 0);
  assert.equal(await outcome([{ allow: true, type: 'c', major: 1, access: 'rw' }], readKernelLog), 0);
});

test('killCgroup() kills frozen and forking processes, also in groups below', async () => {
  await using sandbox = new Sandbox(host);
  const plan = sandbox.make();
  const child = sandbox.start(plan, 'while :; do sleep 1000 & sleep 1001 & wait; done');
  await joined(child);
  await until('there are children', () => listPids(host, plan.path).length >= 3);
  const identities = listPids(host, plan.path).map(identify);
  await freezeCgroup(host, plan.path);
  await killCgroup(host, plan.path);
  await until('all are dead', () => identities.every((identity) => identity === undefined || !isAlive(identity)));
  assert.deepEqual(listPids(host, plan.path), []);
});

test('removeCgroup() refuses while processes run unless told to kill', async () => {
  await using sandbox = new Sandbox(host);
  const plan = sandbox.make();
  const child = sandbox.start(plan, 'read line');
  await joined(child);
  await assert.rejects(removeCgroup(host, plan.path, { timeoutMs: 50 }), (error) => isBerthError(error, 'conflict'));
  assert.deepEqual(listPids(host, plan.path), [child.pid]);
  await removeCgroup(host, plan.path, { kill: true });
  for (const operation of plan.cleanUp) assert.ok(operation.op === 'rmdir' && !existsSync(operation.at.path));
  await removeCgroup(host, plan.path); // gone already is no error
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_PROFILE } from '#sys/apparmor/default-profile.ts';
import { detectCgroups } from '#sys/cgroup/host.ts';
import { hasAppArmor } from '#sys/host-security.ts';
import { type EngineFixture, openEngineFixture, request, run } from '../lib/engine-fixture.ts';

const MIB = 1024 * 1024;
const noV2 = detectCgroups().version !== 2 && 'needs cgroup v2 (npm run test:vm)';
const noAppArmor = !hasAppArmor() && 'needs a kernel with AppArmor (npm run test:vm)';

/** What a shell script prints in a container. */
async function sh({ core }: EngineFixture, script: string, host: object = {}): Promise<string> {
  const { code, stdout, stderr } = await run(core, request(['sh', '-c', script], { HostConfig: host }));
  assert.equal(code, 0, stderr);
  return stdout.trim();
}

test('a container sees its own control groups of v2 only, and cannot change them', { skip: noV2 }, async () => {
  await using fixture = await openEngineFixture();
  const limits = { Memory: 32 * MIB, PidsLimit: 20, NanoCpus: 500_000_000 };
  const script =
    'cat /proc/self/cgroup; cd /sys/fs/cgroup; cat memory.max pids.max cpu.max; mkdir x 2>/dev/null || echo refused';
  const out = await sh(fixture, script, limits);
  assert.deepEqual(out.split('\n'), ['0::/', String(32 * MIB), '20', '50000 100000', 'refused']);
});

test('device rules of a container hold on v2', { skip: noV2 }, async () => {
  await using fixture = await openEngineFixture();
  // The FUSE device: opening it needs no capability.
  const script = 'mknod /tmp/fuse c 10 229; (exec 3<> /tmp/fuse) 2> /dev/null && echo opened || echo refused';
  assert.equal(await sh(fixture, script), 'refused');
  assert.equal(await sh(fixture, script, { DeviceCgroupRules: ['c 10:229 rwm'] }), 'opened');
});

test('a container runs under the default AppArmor profile, and without it when asked', {
  skip: noAppArmor,
}, async () => {
  await using fixture = await openEngineFixture();
  const script = 'cat /proc/self/attr/apparmor/current';
  assert.equal(await sh(fixture, script), `${DEFAULT_PROFILE} (enforce)`);
  assert.equal(await sh(fixture, script, { SecurityOpt: ['apparmor=docker-default'] }), `${DEFAULT_PROFILE} (enforce)`);
  assert.equal(await sh(fixture, script, { SecurityOpt: ['apparmor=unconfined'] }), 'unconfined');
  assert.equal(await sh(fixture, script, { Privileged: true }), 'unconfined');
  const mounting = 'mkdir /tmp/m && mount -t tmpfs none /tmp/m 2>&1 || echo refused';
  assert.match(await sh(fixture, mounting, { CapAdd: ['SYS_ADMIN'] }), /refused$/);
  await assert.rejects(sh(fixture, script, { SecurityOpt: ['apparmor=berth-test-none'] }), /berth-test-none/);
});

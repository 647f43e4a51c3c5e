import assert from 'node:assert/strict';
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { isBerthError } from '#base/errors.ts';
import { DEFAULT_PROFILE, defaultProfileText } from '#sys/apparmor/default-profile.ts';
import { loadedProfiles, loadProfile, provideProfile, unloadProfile } from '#sys/apparmor/profiles.ts';
import { hasAppArmor } from '#sys/host-security.ts';

const skip = !hasAppArmor() && 'needs a kernel with AppArmor (npm run test:vm)';
const name = `berth-test-${randomBytes(6).toString('hex')}`;

before(async () => {
  if (!skip) await loadProfile(defaultProfileText(name));
});
after(async () => {
  if (!skip) await unloadProfile(name);
});

/** Runs a shell script under a profile. */
function confined(script: string, profile = name): SpawnSyncReturns<string> {
  const enter = `printf 'exec ${profile}' > /proc/self/attr/apparmor/exec || exit 99; exec sh -c "$0"`;
  return spawnSync('sh', ['-c', enter, script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Succeeds without the profile, so that a refusal comes from nothing else. */
function refuses(script: string): void {
  const free = spawnSync('sh', ['-c', script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  assert.equal(free.status, 0, `unconfined: ${script}: ${free.stderr}`);
  const done = confined(script);
  assert.ok(done.status !== 0 && done.status !== 99, `${script}: ${done.status} ${done.stdout}`);
  assert.match(done.stderr, /Permission denied|denied/i, script);
}

test('a process under the default profile is confined by it', { skip }, () => {
  const done = confined('cat /proc/self/attr/apparmor/current');
  assert.equal(done.stderr, '');
  assert.equal(done.stdout.trim(), `${name} (enforce)`);
});

test('the default profile lets a container do its work', { skip }, () => {
  const script =
    'f=$(mktemp) && echo x > $f && chmod 600 $f && rm $f && cat /proc/self/status /proc/version > /dev/null && sleep 0 & wait $!';
  assert.equal(confined(script).status, 0);
  assert.equal(confined('echo $(cat /proc/sys/kernel/shmmax) > /proc/sys/kernel/shmmax').status, 0);
  assert.equal(confined('sleep 100 & kill $! && { wait $!; [ $? = 143 ]; }').status, 0);
  assert.equal(confined('d=/sys/fs/cgroup/berth-test-$$; mkdir $d && rmdir $d').status, 0);
});

test("the default profile refuses to mount and to write the machine's settings", { skip }, () => {
  refuses('d=$(mktemp -d) && trap "rmdir $d" EXIT && busybox mount -t tmpfs none $d && umount $d');
  refuses('echo $(cat /proc/sys/vm/swappiness) > /proc/sys/vm/swappiness');
  refuses('echo $(cat /proc/sys/kernel/pid_max) > /proc/sys/kernel/pid_max');
  refuses('echo $(cat /proc/sys/net/ipv4/ip_forward) > /proc/sys/net/ipv4/ip_forward');
  refuses(': > /proc/sysrq-trigger');
  refuses('head -c 1 /proc/kcore > /dev/null');
  refuses('echo $(cat /sys/kernel/mm/ksm/run) > /sys/kernel/mm/ksm/run');
  refuses('ls /sys/kernel/security/apparmor > /dev/null');
});

test('the default profile refuses to signal and trace processes outside', { skip }, () => {
  const outside = spawnSync('sh', ['-c', 'sleep 1000 > /dev/null 2>&1 & echo $!'], { encoding: 'utf8' }).stdout.trim();
  try {
    refuses(`kill -0 ${outside}`);
    const done = confined(`readlink /proc/${outside}/exe`);
    assert.notEqual(done.status, 0);
  } finally {
    process.kill(Number(outside), 'SIGKILL');
  }
});

test('provideProfile() loads the default profile once and refuses unknown ones', { skip }, async () => {
  const before = loadedProfiles().has(DEFAULT_PROFILE);
  try {
    assert.equal(await provideProfile(undefined), DEFAULT_PROFILE);
    assert.equal(await provideProfile('docker-default'), DEFAULT_PROFILE);
    assert.ok(loadedProfiles().has(DEFAULT_PROFILE));
    assert.equal(await provideProfile('unconfined'), undefined);
    assert.equal(await provideProfile(name), name);
    await assert.rejects(
      provideProfile('berth-test-none'),
      (error) => isBerthError(error, 'invalid') && /is not loaded/.test(error.message),
    );
  } finally {
    if (!before) await unloadProfile(DEFAULT_PROFILE);
  }
});

test('provideProfile() asks for nothing where there is no AppArmor', {
  skip: hasAppArmor() && 'needs a kernel without AppArmor',
}, async () => {
  assert.equal(await provideProfile(undefined), undefined);
  await assert.rejects(provideProfile('x'), /AppArmor is not enabled on this host/);
});

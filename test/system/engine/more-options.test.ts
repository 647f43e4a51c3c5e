import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { HostConfig, Loose } from '#spec/docker-api/containers.ts';
import { type EngineFixture, openEngineFixture, request, run } from '../../lib/engine-fixture.ts';

async function sh(fixture: EngineFixture, script: string, HostConfig: Loose<HostConfig>): Promise<string> {
  const result = await run(
    fixture.core,
    request(['sh', '-c', script], { HostConfig: { ...HostConfig, AutoRemove: true } }),
  );
  assert.equal(result.code, 0, `${script}: ${result.stdout}${result.stderr}`);
  return result.stdout.trim();
}

test('ulimits, sysctls, the oom score and device rules reach the process', async () => {
  await using fixture = await openEngineFixture();
  const out = await sh(
    fixture,
    'ulimit -n; ulimit -Hn; ulimit -c; cat /proc/sys/kernel/shmmni /proc/sys/net/ipv4/ip_forward /proc/self/oom_score_adj; mknod /d c 1 5 && head -c1 /d | wc -c; mknod /e c 10 200; (cat /e) 2>&1 | grep -c "not permitted"',
    {
      Ulimits: [
        { Name: 'nofile', Soft: 77, Hard: 99 },
        { Name: 'core', Soft: 0, Hard: 0 },
      ],
      Sysctls: { 'kernel.shmmni': '123', 'net.ipv4.ip_forward': '1' },
      OomScoreAdj: 500,
      DeviceCgroupRules: ['c 1:5 r'],
    },
  );
  assert.deepEqual(out.split('\n'), ['77', '99', '0', '123', '1', '500', '1', '1']);
});

test('a read-only bind is read-only with what is mounted below it, unless asked otherwise', async () => {
  await using fixture = await openEngineFixture();
  const tree = join(fixture.scratch, 'tree');
  mkdirSync(join(tree, 'sub'), { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', 'none', join(tree, 'sub')]);
  try {
    const write = '(touch /m/sub/x) 2>&1 | grep -c Read-only; true';
    const mount = (BindOptions: object) => ({
      Mounts: [{ Type: 'bind', Source: tree, Target: '/m', ReadOnly: true, BindOptions }],
    });
    assert.equal(await sh(fixture, write, { Binds: [`${tree}:/m:ro`] }), '1');
    assert.equal(await sh(fixture, write, mount({ ReadOnlyForceRecursive: true })), '1');
    assert.equal(await sh(fixture, write, mount({ ReadOnlyNonRecursive: true })), '0');
    assert.equal(await sh(fixture, 'ls -A /m/sub | wc -l', mount({ NonRecursive: true })), '0');
  } finally {
    execFileSync('umount', [join(tree, 'sub')]);
  }
});

test('a shared bind carries mounts out of the container, a private source is refused', async () => {
  await using fixture = await openEngineFixture();
  const shared = join(fixture.scratch, 'shared');
  mkdirSync(shared);
  execFileSync('mount', ['-t', 'tmpfs', 'none', shared]);
  try {
    const bind = { Privileged: true, Binds: [`${shared}:/s:rshared`] };
    execFileSync('mount', ['--make-private', shared]);
    const { Id } = await fixture.core.containers.create(request(['true'], { HostConfig: bind }));
    await assert.rejects(fixture.core.containers.start(Id), /is mounted on .* but it is not a shared mount/);
    execFileSync('mount', ['--make-shared', shared]);
    await sh(fixture, 'mkdir /s/in && mount -t tmpfs none /s/in && echo deep > /s/in/file', bind);
    assert.equal(readFileSync(join(shared, 'in/file'), 'utf8'), 'deep\n');
    execFileSync('umount', [join(shared, 'in')]);
  } finally {
    execFileSync('umount', [shared]);
  }
});

test('logs rotate within their bounds, carry labels and variables, or are not kept', async () => {
  await using fixture = await openEngineFixture();
  const { core } = fixture;
  const LogConfig = {
    Type: 'json-file',
    Config: { 'max-size': '4k', 'max-file': '2', labels: 'tier', env: 'A', tag: '{{.Name}}' },
  };
  const chatty = await run(
    core,
    request(['sh', '-c', 'for i in $(seq 200); do echo line $i; done'], {
      Labels: { tier: 'front', other: 'x' },
      Env: ['A=1', 'B=2'],
      HostConfig: { LogConfig },
    }),
  );
  const { LogPath, Name } = await core.containers.inspect(chatty.id);
  const files = readdirSync(join(LogPath, '..')).filter((name) => name.includes('-json.log'));
  assert.equal(files.length, 2);
  const last = JSON.parse(readFileSync(LogPath, 'utf8').trim().split('\n').at(-1) ?? '');
  assert.equal(last.log, 'line 200\n');
  assert.deepEqual(last.attrs, { tier: 'front', A: '1', tag: Name.slice(1) });
  const silent = await run(core, request(['echo', 'x'], { HostConfig: { LogConfig: { Type: 'none', Config: {} } } }));
  const shown = await core.containers.inspect(silent.id);
  assert.equal(shown.LogPath, '');
  assert.equal(existsSync(join(fixture.root, 'containers', silent.id, `${silent.id}-json.log`)), false);
});

test('a control group parent is honoured and the container sees its own group as the root', async () => {
  await using fixture = await openEngineFixture();
  const { core } = fixture;
  const parent = `/berth-test-${process.pid}`;
  const { Id } = await core.containers.create(request(['sleep', '1000'], { HostConfig: { CgroupParent: parent } }));
  await core.containers.start(Id);
  const { Pid } = (await core.containers.inspect(Id)).State;
  const groups = readFileSync(`/proc/${Pid}/cgroup`, 'utf8');
  assert.match(groups, new RegExp(`:${parent}/${Id}$`, 'm'));
  await core.containers.remove(Id, { force: true });
  // A parent that was asked for is not the engine's to remove.
  const hierarchies = readdirSync('/sys/fs/cgroup').map((name) => join('/sys/fs/cgroup', name, parent));
  const made = [join('/sys/fs/cgroup', parent), ...hierarchies].filter((path) => existsSync(path));
  assert.ok(made.length > 0);
  for (const path of made) rmdirSync(path);
  const seen = await sh(fixture, 'grep -v ":name=" /proc/self/cgroup | cut -d: -f3 | sort -u', {});
  assert.equal(seen, '/');
});

import assert from 'node:assert/strict';
import { chownSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createVolumes } from '#engine/volumes/engine-volumes.ts';
import type { Mount } from '#spec/docker-api/containers.ts';
import { type EngineFixture, IMAGE, openEngineFixture, request, run } from '../../lib/engine-fixture.ts';

async function sh(fixture: EngineFixture, script: string, mounts: readonly Mount[], User = ''): Promise<string> {
  const result = await run(
    fixture.core,
    request(['sh', '-c', script], { User, HostConfig: { Mounts: mounts, AutoRemove: true } }),
  );
  assert.equal(result.code, 0, `${script}: ${result.stdout}${result.stderr}`);
  return result.stdout.trim();
}

const volume = (Source: string, Subpath: string): Mount => ({
  Type: 'volume',
  Source,
  Target: '/m',
  VolumeOptions: { Subpath },
});

test('a sub-path of a volume is mounted alone, and links in the volume cannot lead out of it', async () => {
  await using fixture = await openEngineFixture();
  const { core, root, scratch } = fixture;
  const { Mountpoint } = await createVolumes(core.context).create({ Name: 'shared' });
  mkdirSync(join(Mountpoint, 'a/b'), { recursive: true });
  writeFileSync(join(Mountpoint, 'a/b/file'), 'inside\n');
  mkdirSync(join(scratch, 'secret'));
  writeFileSync(join(scratch, 'secret/file'), 'outside\n');
  symlinkSync(join(scratch, 'secret'), join(Mountpoint, 'absolute'));
  symlinkSync('../../../../..', join(Mountpoint, 'upward'));
  symlinkSync('/a/b', join(Mountpoint, 'good'));
  assert.equal(await sh(fixture, 'cat /m/file; ls /m', [volume('shared', 'a/b')]), 'inside\nfile');
  assert.equal(await sh(fixture, 'cat /m/file', [volume('shared', 'good')]), 'inside');
  assert.equal(await sh(fixture, 'cat /m', [volume('shared', 'a/b/file')]), 'inside', 'a file');
  await assert.rejects(sh(fixture, 'cat /m/file', [volume('shared', 'absolute')]), /sub-path absolute: no such file/);
  assert.equal(await sh(fixture, 'ls /m', [volume('shared', 'upward')]), 'a\nabsolute\ngood\nupward');
  const missing = `cannot access path ${root}/volumes/shared/_data/no: lstat ${root}/volumes/shared/_data/no: no such file or directory`;
  await assert.rejects(sh(fixture, 'true', [volume('shared', 'no')]), { message: missing });
  const { Id } = await core.containers.create(request(['true'], { HostConfig: { Mounts: [volume('shared', 'a')] } }));
  assert.equal((await core.containers.inspect(Id)).HostConfig.Mounts?.[0]?.VolumeOptions?.Subpath, 'a');
});

test('an image is mounted read-only, whole and in part, and stays while a container has it', async () => {
  await using fixture = await openEngineFixture();
  const { core } = fixture;
  const made = await run(core, request(['sh', '-c', 'echo two > /srv/data/second; rm /srv/data/seed']));
  const twoLayers = await core.store.commit(made.id, { config: {} } as never);
  await core.containers.remove(made.id);
  core.store.tagImage(twoLayers, 'layered');
  const image = (Source: string, Subpath?: string): Mount => ({
    Type: 'image',
    Source,
    Target: '/img',
    ...(Subpath === undefined ? {} : { ImageOptions: { Subpath } }),
  });
  assert.equal(await sh(fixture, 'cat /img/srv/data/seed', [image(IMAGE)]), 'from the image');
  assert.equal(await sh(fixture, 'ls /img/srv/data; cat /img/srv/data/second', [image('layered')]), 'second\ntwo');
  assert.equal(await sh(fixture, 'ls /img', [image('layered', 'srv/data')]), 'second');
  assert.equal(await sh(fixture, 'ls /img', [image(IMAGE, 'srv/data')]), 'seed');
  assert.match(await sh(fixture, 'touch /img/x 2>&1 || true', [image('layered')]), /Read-only file system/);
  const { Id } = await core.containers.create(request(['true'], { HostConfig: { Mounts: [image('layered')] } }));
  assert.deepEqual(core.context.containers.usersOfImage(twoLayers), [Id]);
  const [mount] = (await core.containers.inspect(Id)).Mounts;
  assert.deepEqual([mount?.Type, mount?.Name, mount?.Source, mount?.RW], ['image', 'layered', twoLayers, false]);
  await assert.rejects(sh(fixture, 'true', [image('nosuch')]), { kind: 'not-found' });
});

test('an idmapped bind shows its owner as the user of the container, and new files as the owner on the host', async () => {
  await using fixture = await openEngineFixture();
  const folder = join(fixture.scratch, 'mine');
  mkdirSync(folder);
  writeFileSync(join(folder, 'file'), '');
  for (const path of [folder, join(folder, 'file')]) chownSync(path, 4321, 4322);
  const bind = (IdMap: string): Mount => ({ Type: 'bind', Source: folder, Target: '/m', IdMap });
  const owners = 'stat -c %u:%g /m/file';
  assert.equal(await sh(fixture, `${owners}; touch /m/new`, [bind('match-user')], 'app'), '1000:1000');
  const made = statSync(join(folder, 'new'));
  assert.deepEqual([made.uid, made.gid], [4321, 4322]);
  assert.equal(await sh(fixture, owners, [bind('match-user')]), '0:0');
  assert.equal(await sh(fixture, owners, [bind('uids=4321-7-1;gids=4322-8-1')]), '7:8');
  await assert.rejects(sh(fixture, 'true', [bind('uids=1-2')]), {
    kind: 'invalid',
    message: /invalid idmap "uids=1-2"/,
  });
  const named: Mount = { Type: 'volume', Source: 'idmapped', Target: '/srv/data', IdMap: 'match-user' };
  assert.equal(await sh(fixture, 'stat -c %u:%g /srv/data/seed; touch /srv/data/x', [named], 'app'), '1000:1000');
  assert.equal(
    await sh(fixture, 'stat -c %u:%g /srv/data/seed', [named], 'app'),
    '1000:1000',
    'the second time as well',
  );
  const inside = join(fixture.root, 'volumes/idmapped/_data');
  mkdirSync(join(inside, 'sub'));
  chownSync(join(inside, 'sub'), 77, 78);
  symlinkSync('sub', join(inside, 'link'));
  const part = (Subpath: string): Mount => ({ ...volume('idmapped', Subpath), IdMap: 'match-user' });
  assert.equal(await sh(fixture, 'stat -c %u:%g /m', [part('sub')], 'app'), '1000:1000', "the sub-path's owner counts");
  await assert.rejects(sh(fixture, 'true', [part('link')], 'app'), { kind: 'invalid', message: /is a symbolic link/ });
});

test('a bind source that has to be made belongs to who asked, with its missing parents', async () => {
  await using fixture = await openEngineFixture();
  const { core, scratch } = fixture;
  const made = join(scratch, 'made/for/me');
  const { Id } = await core.containers.create(request(['true'], { HostConfig: { Binds: [`${made}:/m`] } }), {
    owner: { uid: 1234, gid: 1235 },
  });
  await core.containers.start(Id);
  for (const path of [made, join(scratch, 'made/for'), join(scratch, 'made')]) {
    assert.deepEqual([statSync(path).uid, statSync(path).gid], [1234, 1235], path);
  }
  assert.equal(statSync(scratch).uid, 0);
});

test('file systems of the local driver: tmpfs shared while in use, directories of the host, clear refusals', async () => {
  await using fixture = await openEngineFixture();
  const { core, scratch, root } = fixture;
  const volumes = createVolumes(core.context);
  const options = (type: string, device: string, o: string) => ({ DriverOpts: { type, device, o } });
  await volumes.create({ Name: 'fast', ...options('tmpfs', 'tmpfs', 'size=2m,mode=1777') });
  const hold = request(['sh', '-c', 'echo one > /f/a; exec sleep 1000'], { HostConfig: { Binds: ['fast:/f'] } });
  const { Id } = await core.containers.create(hold);
  await core.containers.start(Id);
  const binds = (...Binds: string[]) => ({ HostConfig: { Binds, AutoRemove: true } });
  const other = request(
    ['sh', '-c', 'until cat /g/a; do :; done; echo two > /g/b; df -k /g | tail -1'],
    binds('fast:/g'),
  );
  assert.match((await run(core, other)).stdout, /^one\ntmpfs\s+2048 /);
  await core.containers.kill(Id);
  await (await core.containers.wait(Id)).done;
  const alone = await run(core, request(['ls', '/g'], binds('fast:/g')));
  assert.equal(alone.stdout, '', 'its content ends with its last user');
  await core.containers.remove(Id);

  mkdirSync(join(scratch, 'host'));
  writeFileSync(join(scratch, 'host/file'), 'host\n');
  await volumes.create({ Name: 'bound', ...options('none', join(scratch, 'host'), 'bind') });
  const bound = await run(core, request(['sh', '-c', 'cat /b/file; echo x > /b/new'], binds('bound:/b')));
  assert.equal(bound.stdout, 'host\n', bound.stderr);
  assert.equal(readFileSync(join(scratch, 'host/new'), 'utf8'), 'x\n');
  await volumes.create({ Name: 'nowhere', ...options('none', join(scratch, 'no'), 'bind') });
  await assert.rejects(run(core, request(['true'], binds('nowhere:/b'))), {
    message: `error while mounting volume '${root}/volumes/nowhere/_data': failed to mount local volume: mount ${scratch}/no:${root}/volumes/nowhere/_data, flags: 0x1000: no such file or directory`,
  });
  // Whatever network the container has, a server is reached from the host's: sysfs shows in which one it was mounted.
  await volumes.create({ Name: 'sys', ...options('sysfs', 'sysfs', 'ro') });
  const interfaces = () => new Set(readdirSync('/sys/class/net'));
  const before = interfaces();
  const seen = (await run(core, request(['ls', '/b/class/net'], binds('sys:/b')))).stdout.trim().split('\n');
  for (const name of interfaces()) if (before.has(name)) assert.ok(seen.includes(name), `${name} in ${seen}`);
  assert.equal(readFileSync('/proc/self/mountinfo', 'utf8').includes(root), false, 'nothing is mounted on the host');
  await volumes.create({ Name: 'weird', ...options('nosuchfs', 'dev', 'x=y') });
  await assert.rejects(run(core, request(['true'], binds('weird:/b'))), {
    kind: 'invalid',
    message:
      /^error while mounting volume '.*\/weird\/_data': failed to mount local volume: mount dev:.* no such device$/,
    hint: /this kernel has no file system "nosuchfs"/,
  });
  await assert.rejects(volumes.create({ Name: 'bad', DriverOpts: { type: 'tmpfs' } }), {
    message: 'create bad: missing required option: "device"',
  });
  for (const { Id: id } of await core.containers.list({ all: true })) await core.containers.remove(id);
});

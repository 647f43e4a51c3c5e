import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import type { Core } from '#engine/open-core.ts';
import { checkVolumes } from '#engine/volumes/check-volumes.ts';
import { createVolumes } from '#engine/volumes/engine-volumes.ts';
import type { EventMessage } from '#spec/docker-api/system.ts';
import { openEngineFixture, request, run } from '../../lib/engine-fixture.ts';

const binds = (...Binds: string[]) => ({ HostConfig: { Binds, AutoRemove: true } });

async function eventsOf(core: Core): Promise<EventMessage[]> {
  const until = String(Date.now() / 1000 + 0.01);
  const all: EventMessage[] = [];
  for await (const event of core.events.read({ since: '0', until, filters: { type: ['volume'] } })) all.push(event);
  return all;
}

test('a volume is made by its first container, outlives it, and is refused to be removed while one uses it', async () => {
  await using fixture = await openEngineFixture();
  const { core, root } = fixture;
  const volumes = createVolumes(core.context);
  await run(core, request(['sh', '-c', 'echo kept > /data/file'], binds('db:/data')));
  const volume = await volumes.inspect('db');
  assert.deepEqual(
    { ...volume, CreatedAt: '' },
    {
      CreatedAt: '',
      Driver: 'local',
      Labels: null,
      Mountpoint: join(root, 'volumes/db/_data'),
      Name: 'db',
      Options: null,
      Scope: 'local',
    },
  );
  assert.match(volume.CreatedAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.equal(readFileSync(join(volume.Mountpoint, 'file'), 'utf8'), 'kept\n');
  const { Id } = await core.containers.create(request(['true'], { HostConfig: { Binds: ['db:/d:ro'] } }));
  await assert.rejects(volumes.remove('db'), { kind: 'conflict', message: `remove db: volume is in use - [${Id}]` });
  const { Mounts } = await core.containers.inspect(Id);
  assert.deepEqual(Mounts, [
    {
      Type: 'volume',
      Name: 'db',
      Source: volume.Mountpoint,
      Destination: '/d',
      Driver: 'local',
      Mode: 'ro',
      RW: false,
      Propagation: '',
    },
  ]);
  await core.containers.remove(Id, { volumes: true });
  assert.equal((await volumes.inspect('db')).Name, 'db', 'a named volume is not removed with a container');
  await volumes.remove('db');
  assert.equal(existsSync(join(root, 'volumes/db')), false);
  await assert.rejects(volumes.remove('db'), { kind: 'not-found', message: 'get db: no such volume' });
  await volumes.remove('db', { force: true });
});

test('volumes are filtered, pruned and told of in events', async () => {
  await using fixture = await openEngineFixture();
  const { core } = fixture;
  const volumes = createVolumes(core.context);
  await volumes.create({ Name: 'plain' });
  await volumes.create({ Name: 'marked', Labels: { tier: 'db' } });
  const anonymous = await volumes.create({});
  assert.match(anonymous.Name, /^[0-9a-f]{64}$/);
  const { Id } = await core.containers.create(request(['true'], { HostConfig: { Binds: ['plain:/p'] } }));
  const names = async (filters: Record<string, string[]>) =>
    (await volumes.list(filters)).Volumes.map(({ Name }) => Name);
  assert.deepEqual(await names({ dangling: ['false'] }), ['plain']);
  assert.deepEqual(await names({ label: ['tier=db'] }), ['marked']);
  assert.deepEqual(await names({ name: ['^ma'] }), ['marked']);
  assert.deepEqual(await names({ driver: ['other'] }), []);
  await assert.rejects(volumes.list({ x: ['y'] }), { message: "invalid filter 'x'" });
  assert.deepEqual((await volumes.prune()).VolumesDeleted, [anonymous.Name], 'only what nobody named');
  assert.deepEqual((await volumes.prune({ all: ['true'], 'label!': ['tier'] })).VolumesDeleted, []);
  assert.deepEqual((await volumes.prune({ all: ['true'] })).VolumesDeleted, ['marked']);
  await core.containers.start(Id);
  await (await core.containers.wait(Id)).done;
  const told = (await eventsOf(core)).map(({ Action, Actor }) => [
    Action,
    Actor.ID,
    Actor.Attributes['container'] ?? '',
  ]);
  assert.deepEqual(
    told.filter(([, id]) => id === 'plain'),
    [
      ['create', 'plain', ''],
      ['mount', 'plain', Id],
      ['unmount', 'plain', Id],
    ],
  );
  assert.deepEqual(
    told.filter(([action]) => action === 'destroy').map(([, id]) => id),
    [anonymous.Name, 'marked'],
  );
});

test('what a container finds in a new volume is what the image has there, with owners, links and holes', async () => {
  await using fixture = await openEngineFixture();
  const { core, root } = fixture;
  const script =
    'mkdir /srv/data/sub; cd /srv/data; ln seed sub/again; ln -s /etc/passwd link; dd if=/dev/null of=hole bs=1 seek=8388608; chmod 2750 sub; chown 7:8 sub; mkfifo pipe';
  const made = await run(core, request(['sh', '-c', script]));
  assert.equal(made.code, 0, made.stderr);
  const id = await core.store.commit(made.id, { config: {} } as never);
  const { Id } = await core.containers.create({
    ...request(['true'], { HostConfig: { Binds: ['vol:/srv/data'] } }),
    Image: id,
  });
  const data = join(root, 'volumes/vol/_data');
  const listing = execFileSync('find', [data, '-printf', '%P %y %m %U:%G %n %l\n'], { encoding: 'utf8' });
  assert.deepEqual(
    listing
      .trim()
      .split('\n')
      .map((line) => line.trim())
      .sort(),
    [
      'd 755 1000:1000 3',
      'hole f 644 0:0 1',
      'link l 777 0:0 1 /etc/passwd',
      'pipe p 644 0:0 1',
      'seed f 644 1000:1000 2',
      'sub d 2750 7:8 2',
      'sub/again f 644 1000:1000 2',
    ],
    'filled when the container is created, as docker does',
  );
  const blocks = Number(execFileSync('stat', ['-c', '%b', join(data, 'hole')], { encoding: 'utf8' }));
  assert.equal(blocks, 0, 'holes stay holes');
  await core.containers.remove(Id);
  const again = await run(core, request(['ls', '/srv/data'], binds('other:/x', 'vol:/srv/data')));
  assert.match(again.stdout, /seed/);
  await core.containers.create(request(['true'], { HostConfig: { Binds: ['home:/home/app'] } }));
  assert.equal(statSync(join(root, 'volumes/home/_data')).uid, 1000, 'the owner of an empty directory counts as well');
  const not = await run(core, request(['ls', '/srv/data'], binds('empty:/srv/data:nocopy')));
  assert.equal(not.stdout, '');
});

test('a renamed volume stays in its containers, a clone has the same content, a tar goes out and in', async () => {
  await using fixture = await openEngineFixture();
  const { core, root } = fixture;
  const volumes = createVolumes(core.context);
  const { Id } = await core.containers.create(
    request(['cat', '/d/file'], {
      HostConfig: { Binds: ['old:/d'], Mounts: [{ Type: 'volume', Source: 'old', Target: '/e' }] },
    }),
  );
  writeFileSync(join(root, 'volumes/old/_data/file'), 'content\n', { mode: 0o640 });
  await volumes.create({ Name: 'taken' });
  await assert.rejects(volumes.rename('old', 'taken'), { kind: 'conflict' });
  await volumes.rename('old', 'new');
  await assert.rejects(volumes.inspect('old'), { kind: 'not-found' });
  const { HostConfig, Mounts } = await core.containers.inspect(Id);
  assert.deepEqual(HostConfig.Binds, ['new:/d']);
  assert.equal(HostConfig.Mounts?.[0]?.Source, 'new');
  assert.deepEqual(
    new Set(Mounts.map(({ Name, Source }) => `${Name} ${Source}`)),
    new Set([`new ${root}/volumes/new/_data`]),
  );
  const { done } = await core.containers.wait(Id, 'next-exit');
  await core.containers.start(Id);
  assert.equal((await done).StatusCode, 0);
  assert.equal((await volumes.clone('new', { Name: 'copy' })).Name, 'copy');
  writeFileSync(join(root, 'volumes/new/_data/file'), 'changed\n');
  const copied = await run(core, request(['sh', '-c', 'cat /d/file; stat -c %a /d/file'], binds('copy:/d')));
  assert.equal(copied.stdout, 'content\n640\n');
  const tar = await buffer(await volumes.export('copy'));
  await volumes.import('arrived', Readable.from([tar], { objectMode: false }));
  assert.equal(readFileSync(join(root, 'volumes/arrived/_data/file'), 'utf8'), 'content\n');
});

test('an archive with hostile names and links cannot lead an import out of its volume', async () => {
  await using fixture = await openEngineFixture();
  const { core, root, scratch } = fixture;
  const volumes = createVolumes(core.context);
  const secret = join(scratch, 'secret');
  mkdirSync(secret);
  await volumes.create({ Name: 'trap' });
  symlinkSync(secret, join(root, 'volumes/trap/_data/out'));
  const folder = join(scratch, 'tree');
  mkdirSync(join(folder, 'out'), { recursive: true });
  writeFileSync(join(folder, 'out/file'), 'x');
  const tar = execFileSync('tar', ['-C', folder, '-c', 'out/file']);
  await volumes.import('trap', Readable.from([tar], { objectMode: false })).catch(() => {});
  assert.equal(existsSync(join(secret, 'file')), false);
});

test('removing a volume follows none of its links, whatever is in it', async () => {
  await using fixture = await openEngineFixture();
  const { core, root, scratch } = fixture;
  const volumes = createVolumes(core.context);
  mkdirSync(join(scratch, 'kept'));
  writeFileSync(join(scratch, 'kept/file'), '');
  const { Mountpoint } = await volumes.create({ Name: 'full' });
  mkdirSync(join(Mountpoint, 'a/b/c'), { recursive: true });
  mkdirSync(join(Mountpoint, 'empty'));
  for (const place of ['link', 'a/link', 'a/b/link']) symlinkSync(join(scratch, 'kept'), join(Mountpoint, place));
  writeFileSync(Buffer.concat([Buffer.from(`${Mountpoint}/a/`), Buffer.from([0xff, 0xfe])]), 'a name of any bytes');
  await volumes.remove('full');
  assert.deepEqual(readdirSync(join(root, 'volumes')), []);
  assert.ok(existsSync(join(scratch, 'kept/file')));
});

test('the check of the state finds volumes and directories that do not agree, and repairs them', async () => {
  await using fixture = await openEngineFixture();
  const { core, root } = fixture;
  await createVolumes(core.context).create({ Name: 'gone' });
  assert.deepEqual(await checkVolumes(core.context, false), []);
  execFileSync('rm', ['-r', join(root, 'volumes/gone')]);
  mkdirSync(join(root, 'volumes/stray/_data'), { recursive: true });
  const codes = (await checkVolumes(core.context, true)).map(({ Code, Repaired }) => `${Code} ${Repaired}`);
  assert.deepEqual(codes.sort(), ['file.orphaned true', 'volume.missing true']);
  assert.deepEqual(await checkVolumes(core.context, false), []);
});

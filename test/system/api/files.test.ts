/** The files of containers and images through the API: cp, export, diff, commit, save, load, import. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { test } from 'node:test';
import { isBerthError } from '#base/errors.ts';
import type { Client } from '#client/client.ts';
import type { ProgressMessage } from '#spec/docker-api/images.ts';
import { openApiFixture } from '../../lib/api-fixture.ts';
import { IMAGE, request } from '../../lib/engine-fixture.ts';

function tar(directory: string, ...names: string[]): Buffer {
  return execFileSync('tar', ['-C', directory, '--format=posix', '--numeric-owner', '-c', ...names], {
    maxBuffer: 1 << 28,
  });
}

function names(archive: Buffer): string[] {
  return execFileSync('tar', ['-t'], { input: archive, encoding: 'utf8', maxBuffer: 1 << 28 })
    .trim()
    .split('\n');
}

function stream(bytes: Buffer): Readable {
  return Readable.from([bytes], { objectMode: false });
}

async function get(client: Client, ref: string, path: string): Promise<Buffer> {
  return buffer((await client.containers.getArchive(ref, path)).stream);
}

async function collect(messages: AsyncIterable<ProgressMessage>): Promise<ProgressMessage[]> {
  const all: ProgressMessage[] = [];
  for await (const message of messages) all.push(message);
  return all;
}

test('a tree goes into a container and comes back as it was, stopped and running', async () => {
  await using api = await openApiFixture();
  const source = join(api.engine.scratch, 'source');
  mkdirSync(join(source, 'tree/sub'), { recursive: true });
  writeFileSync(join(source, 'tree/file'), 'x'.repeat(3_000_000), { mode: 0o640 });
  writeFileSync(join(source, 'tree/sub/empty'), '');
  symlinkSync('../file', join(source, 'tree/sub/link'));
  execFileSync('ln', [join(source, 'tree/file'), join(source, 'tree/hard')]);
  execFileSync('chown', ['-R', '1234:5678', join(source, 'tree')]);
  execFileSync('touch', ['-d', '2001-02-03T04:05:06.789Z', join(source, 'tree/file')]);
  const archive = tar(source, 'tree');
  for (const client of [api.remote, api.local]) {
    const { Id } = await client.containers.create(request(['sleep', '1000']));
    for (const phase of ['stopped', 'running']) {
      if (phase === 'running') await client.containers.start(Id);
      await client.containers.putArchive(Id, '/tmp', stream(archive));
      const back = join(api.engine.scratch, `back-${Id}-${phase}`);
      mkdirSync(back);
      execFileSync('tar', ['-C', back, '-x'], { input: await get(client, Id, '/tmp/tree') });
      const compared = (directory: string) =>
        execFileSync('find', ['tree', '-printf', '%p %y %m %U %G %s %l %n %T@\n'], { cwd: directory, encoding: 'utf8' })
          .split('\n')
          .sort();
      assert.deepEqual(compared(back), compared(source));
      assert.deepEqual(readFileSync(join(back, 'tree/hard')), readFileSync(join(source, 'tree/file')));
      const stat = await client.containers.statArchive(Id, '/tmp/tree/sub/link');
      assert.deepEqual([stat.name, stat.linkTarget, stat.mode], ['link', '/tmp/tree/file', 134_218_239]);
    }
    await client.containers.remove(Id, { force: true });
  }
});

test('a path names what an archive holds the way docker does', async () => {
  await using api = await openApiFixture();
  const client = api.remote;
  await client.containers.create(request(['true']), { name: 'paths' });
  const first = async (path: string) => names(await get(client, 'paths', path))[0];
  assert.deepEqual(
    [await first('/srv/data'), await first('/srv/data/'), await first('/srv/data/.'), await first('/srv/data/seed')],
    ['data/', 'data/', './', 'seed'],
  );
  assert.deepEqual(names(await get(client, 'paths', 'srv/data')), ['data/', 'data/seed']);
  await assert.rejects(get(client, 'paths', '/nope'), (error) => {
    return isBerthError(error, 'not-found') && error.message === 'Could not find the file /nope in container paths';
  });
});

test('an archive is refused where it would not fit, and reaches nothing outside', async () => {
  await using api = await openApiFixture();
  const client = api.remote;
  const source = join(api.engine.scratch, 'source');
  mkdirSync(join(source, 'bin'), { recursive: true });
  writeFileSync(join(source, 'etc'), 'a file where a folder is');
  writeFileSync(join(source, 'outside'), 'x');
  const { Id } = await client.containers.create(request(['true']), { name: 'target' });
  const refused = (path: string, archive: Buffer, expected: RegExp, options = {}) =>
    assert.rejects(client.containers.putArchive('target', path, stream(archive), options), expected);
  const keep = { noOverwriteDirNonDir: true };
  await refused('/', tar(source, 'etc'), /cannot overwrite directory "\/etc" with non-directory/, keep);
  await refused('/srv/data/seed', tar(source, 'bin'), /extraction point is not a directory/);
  await refused('/nope', tar(source, 'bin'), /Could not find the file \/nope in container target/);
  await refused('/tmp', Buffer.from('this is no archive'.repeat(100)), /invalid tar archive/);
  await refused('/tmp', tar(source, '--transform=s,outside,../../../outside,', '-P', 'outside'), /outside/);
  // A link in the container leads inside the container, not to the host.
  const trap = join(api.engine.scratch, 'trap');
  mkdirSync(trap);
  symlinkSync(api.engine.scratch, join(trap, 'out'));
  await client.containers.putArchive('target', '/tmp', stream(tar(trap, 'out')));
  await refused('/tmp/out', tar(source, 'outside'), /Could not find the file/);
  const through = tar(source, '--transform=s,outside,out/written,', 'outside');
  await client.containers.putArchive('target', '/tmp', stream(through)).catch(() => undefined);
  assert.equal(existsSync(join(api.engine.scratch, 'written')), false);
  assert.ok((await client.containers.inspect(Id)).Id === Id);
});

test('a read-only root and read-only mounts cannot be written, mounts of a stopped container can', async () => {
  await using api = await openApiFixture();
  const client = api.remote;
  const shared = join(api.engine.scratch, 'shared');
  mkdirSync(shared);
  writeFileSync(join(api.engine.scratch, 'note'), 'hello\n');
  const note = tar(api.engine.scratch, 'note');
  const HostConfig = { ReadonlyRootfs: true, Binds: [`${shared}:/rw`, `${shared}:/ro:ro`] };
  await client.containers.create(request(['true'], { HostConfig }), { name: 'fixed' });
  const put = (path: string) => client.containers.putArchive('fixed', path, stream(note));
  await assert.rejects(put('/tmp'), /container rootfs is marked read-only/);
  await assert.rejects(put('/ro'), /mounted volume is marked read-only/);
  await put('/rw');
  assert.equal(readFileSync(join(shared, 'note'), 'utf8'), 'hello\n');
  assert.deepEqual(names(await get(client, 'fixed', '/ro/note')), ['note']);
});

test('changes, export and commit agree about what a container did', async () => {
  await using api = await openApiFixture();
  const script = 'echo new > /srv/new; rm /srv/data/seed; echo more >> /etc/group; mkdir /srv/dir';
  const { Id } = await api.remote.containers.create(request(['sh', '-c', script]), { name: 'changed' });
  const { done } = await api.remote.containers.wait(Id, 'next-exit');
  await api.remote.containers.start(Id);
  await done;
  const changes = (await api.remote.containers.changes(Id)).map(({ Kind, Path }) => `${'CAD'[Kind]} ${Path}`);
  for (const change of ['A /srv/new', 'D /srv/data/seed', 'C /etc/group', 'A /srv/dir', 'C /srv', 'C /srv/data'])
    assert.ok(changes.includes(change), `${change} in ${changes.join(', ')}`);
  const exported = names(await buffer(await api.remote.containers.export(Id)));
  assert.ok(exported.includes('srv/new') && exported.includes('srv/dir/') && exported.includes('bin/busybox'));
  assert.ok(!exported.includes('srv/data/seed'));
  const options = {
    repository: 'made',
    tag: 'v1',
    author: 'me',
    comment: 'why',
    changes: ['ENV A=b', 'CMD ["cat", "/srv/new"]'],
  };
  const { Id: imageId } = await api.remote.containers.commit(Id, options);
  const image = await api.remote.images.inspect('made:v1');
  assert.deepEqual(
    [image.Id, image.Author, image.Comment, image.RootFS.Layers?.length, image.Config?.Env, image.Config?.Cmd],
    [imageId, 'me', 'why', 2, ['A=b'], ['cat', '/srv/new']],
  );
  const again = await api.remote.containers.create({ Image: 'made:v1', HostConfig: { NetworkMode: 'none' } });
  const files = names(await get(api.remote, again.Id, '/srv'));
  assert.deepEqual(files, ['srv/', 'srv/data/', 'srv/dir/', 'srv/new']);
});

test('saved images load again with their names; imports keep what is asked for', async () => {
  await using api = await openApiFixture();
  const { id } = { id: (await api.remote.images.inspect(IMAGE)).Id };
  await api.remote.images.tag(IMAGE, { repository: 'localhost:5000/other', tag: 'v2' });
  const path = join(api.engine.scratch, 'saved.tar');
  await pipeline(await api.remote.images.save([IMAGE, 'localhost:5000/other:v2']), createWriteStream(path));
  assert.ok(statSync(path).size > 500_000);
  await api.remote.images.remove('localhost:5000/other:v2');
  const deleted = await api.remote.images.remove(IMAGE);
  assert.equal(deleted[0]?.Untagged, IMAGE);
  assert.ok(deleted.some(({ Deleted }) => Deleted === id));
  assert.deepEqual(await api.remote.images.list(), []);
  const loaded = await collect(await api.remote.images.load(stream(readFileSync(path))));
  const said = loaded.map(({ stream: line }) => line ?? '').join('');
  assert.match(said, /Loaded image: busybox:latest\n/);
  assert.match(said, /Loaded image: localhost:5000\/other:v2\n/);
  assert.equal((await api.remote.images.inspect(IMAGE)).Id, id);
  const rootfs = join(api.engine.scratch, 'rootfs');
  const imported = await collect(
    await api.remote.images.import('-', stream(tar(rootfs, '.')), {
      repository: 'imported',
      tag: 'x',
      message: 'by hand',
      changes: ['CMD ["true"]', 'LABEL a=b'],
    }),
  );
  const image = await api.remote.images.inspect('imported:x');
  assert.deepEqual(imported.at(-1), { status: image.Id });
  assert.deepEqual([image.Comment, image.Config], ['by hand', { Cmd: ['true'], Labels: { a: 'b' } }]);
  const broken = await collect(await api.remote.images.load(stream(Buffer.from('no archive'))));
  assert.ok(broken.at(-1)?.error !== undefined);
});

test('images in use are not removed, pruning takes what nobody uses', async () => {
  await using api = await openApiFixture();
  const client = api.remote;
  const { Id } = await client.containers.create(request(['sleep', '1000']), { name: 'user' });
  await assert.rejects(
    client.images.remove(IMAGE),
    /conflict: unable to remove repository reference "busybox:latest" \(must force\) - container [0-9a-f]{12} is using its referenced image [0-9a-f]{12}/,
  );
  await client.containers.start(Id);
  const { Id: imageId } = await client.images.inspect(IMAGE);
  await assert.rejects(
    client.images.remove(imageId, { force: true }),
    /conflict: unable to delete [0-9a-f]{12} \(cannot be forced\) - image is being used by running container [0-9a-f]{12}/,
  );
  assert.equal((await client.images.prune({ dangling: ['false'] })).ImagesDeleted, null);
  const usage = await client.system.diskUsage();
  assert.deepEqual([usage.Images?.length, usage.Images?.[0]?.Containers, usage.Containers?.length], [1, 1, 1]);
  await client.containers.remove(Id, { force: true });
  const report = await client.images.prune({ dangling: ['false'] });
  assert.ok(report.ImagesDeleted?.some(({ Deleted }) => Deleted === imageId));
  assert.ok(report.SpaceReclaimed > 500_000);
  assert.deepEqual(await client.images.list(), []);
});

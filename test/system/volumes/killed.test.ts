import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { isBerthError } from '#base/errors.ts';
import { checkVolumes } from '#engine/volumes/check-volumes.ts';
import { createVolumes } from '#engine/volumes/engine-volumes.ts';
import { runCommand } from '../../lib/command-process.ts';
import { type EngineFixture, openEngineFixture, request, run } from '../../lib/engine-fixture.ts';

async function killedAt(fixture: EngineFixture, point: string, verb: string, input: object): Promise<void> {
  const ended = await runCommand(fixture.root, verb, input, point);
  assert.equal(ended.signal, 'SIGKILL', `the command passes ${point}: ${ended.stdout}${ended.stderr}`);
}

/** Nothing half is left, or only what the next repair takes away. */
async function assertAgree(fixture: EngineFixture): Promise<void> {
  await checkVolumes(fixture.core.context, true);
  assert.deepEqual(await checkVolumes(fixture.core.context, false), []);
}

async function volumeWithFile(fixture: EngineFixture, name: string): Promise<void> {
  const { Mountpoint } = await createVolumes(fixture.core.context).create({ Name: name });
  writeFileSync(join(Mountpoint, 'file'), 'content\n');
}

for (const point of ['volume-remove.marked', 'volume-remove.moved', 'volume-remove.deleted']) {
  test(`a removal killed at ${point} is finished, and the name is free for an empty volume`, async () => {
    await using fixture = await openEngineFixture();
    const volumes = createVolumes(fixture.core.context);
    await volumeWithFile(fixture, 'victim');
    await killedAt(fixture, point, 'volume-remove', { volume: 'victim' });
    assert.deepEqual((await volumes.list()).Volumes, []);
    await assert.rejects(volumes.inspect('victim'), { kind: 'not-found' });
    const result = await run(
      fixture.core,
      request(['ls', '/v'], { HostConfig: { Binds: ['victim:/v'], AutoRemove: true } }),
    );
    assert.deepEqual([result.code, result.stdout], [0, '']);
    await assertAgree(fixture);
  });
}

for (const point of ['volume-rename.recorded', 'volume-rename.moved']) {
  test(`a rename killed at ${point} is finished by whoever wants one of the names`, async () => {
    await using fixture = await openEngineFixture();
    const volumes = createVolumes(fixture.core.context);
    await volumeWithFile(fixture, 'before');
    const { Id } = await fixture.core.containers.create(
      request(['cat', '/v/file'], { HostConfig: { Binds: ['before:/v'] } }),
    );
    await killedAt(fixture, point, 'volume-rename', { volume: 'before', next: 'after' });
    const { done } = await fixture.core.containers.wait(Id, 'next-exit');
    await fixture.core.containers.start(Id);
    assert.equal((await done).StatusCode, 0, 'the container still finds its file');
    assert.deepEqual(readdirSync((await volumes.create({ Name: 'before' })).Mountpoint), []);
    assert.equal(readFileSync(join((await volumes.inspect('after')).Mountpoint, 'file'), 'utf8'), 'content\n');
    await assertAgree(fixture);
  });
}

for (const point of ['volume-clone.copied', 'volume-clone.moved']) {
  test(`a clone killed at ${point} leaves no volume, and can be made again`, async () => {
    await using fixture = await openEngineFixture();
    const volumes = createVolumes(fixture.core.context);
    await volumeWithFile(fixture, 'source');
    await killedAt(fixture, point, 'volume-clone', { volume: 'source', next: 'copy' });
    assert.deepEqual(
      (await volumes.list()).Volumes.map(({ Name }) => Name),
      ['source'],
    );
    const { Mountpoint } = await volumes.clone('source', { Name: 'copy' });
    assert.equal(readFileSync(join(Mountpoint, 'file'), 'utf8'), 'content\n');
    await assertAgree(fixture);
  });
}

test('a volume whose filling was interrupted is filled again, and what others put there stays', async () => {
  await using fixture = await openEngineFixture();
  const { core, root } = fixture;
  const { Mountpoint } = await createVolumes(core.context).create({ Name: 'half' });
  writeFileSync(join(root, 'volumes/half/filling'), '1\n');
  writeFileSync(join(Mountpoint, 'seed'), 'from th');
  writeFileSync(join(Mountpoint, 'own'), 'own\n');
  mkdirSync(join(Mountpoint, 'folder'));
  const create = request(['sh', '-c', 'cat /srv/data/seed /srv/data/own'], {
    HostConfig: { Binds: ['half:/srv/data'], AutoRemove: true },
  });
  assert.equal((await run(core, create)).stdout, 'from the image\nown\n');
  assert.equal(existsSync(join(root, 'volumes/half/filling')), false);
});

test('containers that start at the same time fill one volume once', async () => {
  await using fixture = await openEngineFixture();
  const { core, root } = fixture;
  const create = request(['cat', '/srv/data/seed'], { HostConfig: { Binds: ['once:/srv/data'], AutoRemove: true } });
  const results = await Promise.all(Array.from({ length: 6 }, () => run(core, create)));
  for (const { code, stdout } of results) assert.deepEqual([code, stdout], [0, 'from the image\n']);
  assert.deepEqual(readdirSync(join(root, 'volumes/once')), ['_data']);
});

const execFileAsync = promisify(execFile);

test('processes that create, use, remove and prune the same volumes at once never take one that is in use', async () => {
  await using fixture = await openEngineFixture();
  const { core } = fixture;
  const program = join(import.meta.dirname, '../../lib/volume-chaos.ts');
  const actors = [1, 2, 3, 4].map((seed) =>
    execFileAsync(process.execPath, [program, fixture.root, String(seed), '40']),
  );
  const ended = await Promise.allSettled(actors);
  const failed = ended.flatMap((each) => (each.status === 'rejected' ? [String(each.reason)] : []));
  assert.deepEqual(failed, []);
  await assertAgree(fixture);
  for (const { Id } of await core.containers.list({ all: true })) {
    const { Mounts } = await core.containers.inspect(Id);
    for (const { Source } of Mounts) assert.ok(existsSync(Source), `${Source} of container ${Id}`);
  }
  const left = await createVolumes(core.context)
    .prune({ all: ['true'] })
    .catch((error) => isBerthError(error) && error);
  assert.ok(left !== false);
});

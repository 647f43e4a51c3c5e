import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Fixture, openFixture, streamOf, tarOf, writeTree } from './fixture.ts';

const BOX = 'b'.repeat(64);

/** Runs `work` on the container's root as a process inside would see it, and drops the mount again. */
async function inside(fixture: Fixture, containerId: string, script: string): Promise<void> {
  const mount = fixture.store.snapshots.mountOf(containerId);
  if (mount.type === 'bind') {
    execFileSync('sh', ['-ec', script], { cwd: mount.path });
    return;
  }
  // A mount namespace of its own: the host's mount table never shows it.
  const target = join(fixture.scratch, '..', 'merged');
  mkdirSync(target, { recursive: true });
  const options = `lowerdir=${mount.lower.join(':')},upperdir=${mount.upper},workdir=${mount.work}`;
  const command = `mount -t overlay overlay -o "$1" "$2" && cd "$2" && ${script}`;
  execFileSync('unshare', ['-m', 'sh', '-ec', command, 'sh', options, target]);
}

const FILES = { 'etc/keep': 'k', 'etc/change': 'old', 'etc/gone': 'g', 'dir/a': 'a', 'dir/b': 'b', 'deep/x/y': 'y' };
const SCRIPT = [
  'echo new > etc/change',
  'rm etc/gone',
  'rm -r dir',
  'mkdir dir',
  'echo c > dir/c',
  'mkdir added',
  'echo n > added/n',
  'ln added/n added/link',
  'ln -s /etc/keep added/sym',
  'mknod added/fifo p',
  'truncate -s 10M added/sparse',
  'chmod 700 deep/x',
  "setfattr -n user.note -v hi added/n 2>/dev/null || python3 -c \"import os; os.setxattr('added/n', 'user.note', b'hi')\"",
].join(' && ');

for (const driver of ['overlay', 'vfs'] as const) {
  test(`changes() and commit() with the ${driver} driver tell and keep what a container did`, async () => {
    await using fixture = openFixture(driver);
    const { store } = fixture;
    writeTree(fixture.scratch, FILES);
    await store.importRootfs(streamOf(tarOf(fixture.scratch)), { reference: 'base', changes: ['ENV A=1'] });
    await store.snapshots.prepare(BOX, store.images.resolve('base'));
    assert.deepEqual(await store.changes(BOX), []);
    await inside(fixture, BOX, SCRIPT);
    assert.deepEqual(
      (await store.changes(BOX)).map(({ Kind, Path }) => `${'CAD'[Kind]} ${Path}`),
      [
        'A /added',
        'A /added/fifo',
        'A /added/link',
        'A /added/n',
        'A /added/sparse',
        'A /added/sym',
        'C /deep',
        'C /deep/x',
        'C /dir',
        'D /dir/a',
        'D /dir/b',
        'A /dir/c',
        'C /etc',
        'C /etc/change',
        'D /etc/gone',
      ],
    );
    const id = await store.commit(BOX, { reference: 'next', config: { Env: ['A=1'] }, comment: 'done', author: 'me' });
    const image = store.images.resolve('next');
    assert.equal(image.id, id);
    assert.equal(image.config.rootfs.diff_ids.length, 2);
    assert.equal(store.images.table.childrenOf(store.images.resolve('base').id)[0], id);
    const other = 'c'.repeat(64);
    await store.snapshots.prepare(other, image);
    const check = [
      'test "$(cat etc/change)" = new',
      'test ! -e etc/gone',
      'test "$(ls dir)" = c',
      'test "$(stat -c %h added/n)" = 2',
      'test "$(readlink added/sym)" = /etc/keep',
      'test -p added/fifo',
      'test "$(stat -c %s added/sparse)" = 10485760',
      'test "$(stat -c %b added/sparse)" -lt 100',
      'test "$(stat -c %a deep/x)" = 700',
      'test "$(cat deep/x/y)" = y',
      'test "$(python3 -c "import os; print(os.getxattr(\'added/n\', \'user.note\').decode())")" = hi',
    ];
    await inside(fixture, other, check.join(' && '));
    assert.deepEqual(await store.changes(other), []);
  });
}

test('changes() leaves out the mount points that starting a container makes', async () => {
  await using fixture = openFixture('overlay');
  const { store } = fixture;
  writeTree(fixture.scratch, { 'etc/passwd': 'root' });
  await store.importRootfs(streamOf(tarOf(fixture.scratch)), { reference: 'base' });
  await store.snapshots.prepare(BOX, store.images.resolve('base'));
  await inside(fixture, BOX, 'mkdir -p dev/pts dev/shm proc sys && touch etc/hosts etc/resolv.conf dev/console');
  assert.deepEqual(await store.changes(BOX), []);
  await inside(fixture, BOX, 'echo x > etc/hosts2');
  assert.deepEqual(await store.changes(BOX), [
    { Kind: 0, Path: '/etc' },
    { Kind: 1, Path: '/etc/hosts2' },
  ]);
});

test('layers keep owners, modes, times, devices, attributes, holes and hard links', async () => {
  await using fixture = openFixture('overlay');
  const { scratch, store } = fixture;
  writeTree(scratch, { 'bin/su': 'x', 'a b/\u00fc': 'u', plain: 'p' });
  chmodSync(join(scratch, 'bin/su'), 0o4755);
  const script = [
    'chown 12:34 plain',
    'touch -d "2001-02-03 04:05:06.123456789" plain',
    'ln plain hard',
    'mknod null c 1 3',
    'mknod disk b 7 1',
    'mkfifo pipe',
    'ln -s nowhere dangling',
    'touch -h -d "2001-02-03 04:05:06.5" dangling',
    'mkdir sticky && chmod 1777 sticky',
    'truncate -s 1M hole && printf data | dd of=hole bs=1 seek=500000 conv=notrunc 2>/dev/null',
    'touch -d "2002-01-01 00:00:00.25" bin',
    `printf x > "$(printf 'raw\\377name')"`,
    "python3 -c \"import os; os.setxattr('plain', 'user.k', b'\\0v'); os.setxattr('bin/su', 'security.capability', bytes.fromhex('0100000200040000000000000000000000000000'))\"",
  ].join(' && ');
  execFileSync('sh', ['-ec', script], { cwd: scratch });
  const facts = (folder: string) =>
    execFileSync(
      'sh',
      [
        '-ec',
        "find . -printf '%P|%y|%m|%U|%G|%s|%b|%l|%T@|%n\\n' | LC_ALL=C sort; getfattr -dR -m - . 2>/dev/null || true",
      ],
      { cwd: folder, encoding: 'latin1' },
    ).replace(/^(\|d\|.*|[^|]*\|d\|\d+\|\d+\|\d+)\|\d+\|\d+/gm, '$1');
  const before = facts(scratch);
  for (const flags of [
    ['--xattrs', '--xattrs-include=*', '--sparse'],
    ['--xattrs', '--xattrs-include=*', '--sparse', '--sparse-version=0.1'],
  ]) {
    const id = await store.importRootfs(streamOf(tarOf(scratch, ...flags)), {});
    const [layer] = store.layers.directories(store.images.resolve(id).row.topLayer);
    assert.equal(facts(layer!.path), before);
  }
  // What other engines make of our archive of it.
  const id = store.images.table.all()[0]!.id;
  await store.snapshots.prepare(BOX, store.images.resolve(id));
  using root = await store.trees.openRootfs(store.snapshots.mountOf(BOX), false);
  const out = join(scratch, '..', 'out');
  mkdirSync(out);
  const packed = store.trees.pack({ root: root.fd, directory: '', member: undefined, name: '' });
  const chunks: Buffer[] = [];
  for await (const chunk of packed) chunks.push(chunk as Buffer);
  execFileSync('tar', ['-C', out, '-xp', '--numeric-owner', '--xattrs', '--xattrs-include=*'], {
    input: Buffer.concat(chunks),
  });
  const rootLine = /^\|d\|.*\n/m;
  assert.equal(facts(out).replace(rootLine, ''), before.replace(rootLine, ''));
});

test('remove() frees a deep tree with names of any bytes', async () => {
  await using fixture = openFixture('overlay');
  const { store } = fixture;
  writeTree(fixture.scratch, { a: 'a' });
  await store.importRootfs(streamOf(tarOf(fixture.scratch)), { reference: 'base' });
  const mount = await store.snapshots.prepare(BOX, store.images.resolve('base'));
  assert.ok(mount.type === 'overlay');
  const script =
    'import os\nfor i in range(1500):\n  os.mkdir("directory"); os.chdir("directory")\nopen(b"\\xff\\xfe","w")';
  execFileSync('python3', ['-c', script], { cwd: mount.upper });
  await store.snapshots.remove(BOX);
  assert.deepEqual(readdirSync(join(fixture.root, 'tmp')), []);
  assert.deepEqual(readdirSync(join(fixture.root, 'containers', BOX)), []);
  assert.equal(store.snapshots.get(BOX), undefined);
});

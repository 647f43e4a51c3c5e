import assert from 'node:assert/strict';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { buildLayout, buildTar, type LayoutParts, type Member } from './archive-builder.ts';
import { type Fixture, openFixture, streamOf } from './fixture.ts';

const DRIVERS = ['overlay', 'vfs'] as const;

/** Imports an archive and tells where its layer lies. */
async function unpack(fixture: Fixture, members: readonly Member[]): Promise<string> {
  const id = await fixture.store.importRootfs(streamOf(buildTar(members)), {});
  return fixture.store.layers.directories(fixture.store.images.resolve(id).row.topLayer)[0]!.path;
}

async function assertNothingLeft(fixture: Fixture): Promise<void> {
  await fixture.store.collectGarbage();
  for (const folder of ['tmp', 'blobs/sha256', 'layers/overlay', 'layers/vfs']) {
    const path = join(fixture.root, folder);
    assert.deepEqual(existsSync(path) ? readdirSync(path) : [], [], folder);
  }
}

const OUTSIDE = '/tmp/berth-hostile-outside';

const REFUSED: Record<string, { members: Member[]; message: RegExp }> = {
  'a name with ..': { members: [{ path: '../x', content: 'x' }], message: /"\.\.\/x" is outside of the folder/ },
  'a name with .. inside': { members: [{ path: 'a/../../x', content: 'x' }], message: /outside of the folder/ },
  'a hard link with ..': {
    members: [{ path: 'x', type: 'hardlink', linkPath: '../../etc/passwd' }],
    message: /outside of the folder/,
  },
  'a hard link to a file that is only on the host': {
    members: [{ path: 'x', type: 'hardlink', linkPath: '/etc/passwd' }],
    message: /hard link to "\/etc\/passwd"\) cannot be written: linkat ENOENT/,
  },
  'a hard link through a symbolic link to the host': {
    members: [
      { path: 'etc', type: 'symlink', linkPath: '/etc' },
      { path: 'x', type: 'hardlink', linkPath: 'etc/passwd' },
    ],
    message: /too many symbolic links|cannot be written|cannot use/,
  },
  'a hard link to itself': { members: [{ path: 'x', type: 'hardlink', linkPath: './x' }], message: /to itself/ },
  'a hard link to a directory': {
    members: [
      { path: 'd', type: 'directory' },
      { path: 'x', type: 'hardlink', linkPath: 'd' },
    ],
    message: /cannot be written: linkat EPERM/,
  },
  'a file below a file': {
    members: [
      { path: 'x', content: 'x' },
      { path: 'x/y', content: 'y' },
    ],
    message: /cannot use "x" as a directory/,
  },
  'a file below a link that leads nowhere': {
    members: [
      { path: 'x', type: 'symlink', linkPath: `${OUTSIDE}` },
      { path: 'x/y', content: 'y' },
    ],
    message: /cannot use "x" as a directory/,
  },
  'a file below links in a ring': {
    members: [
      { path: 'a', type: 'symlink', linkPath: 'b' },
      { path: 'b', type: 'symlink', linkPath: 'a' },
      { path: 'a/x', content: 'x' },
    ],
    message: /too many symbolic links/,
  },
  'a name of more than 255 bytes': { members: [{ path: 'n'.repeat(256), content: '' }], message: /ENAMETOOLONG/ },
  'a path of more than 4096 bytes': {
    members: [{ path: 'd/'.repeat(3000), type: 'directory' }],
    message: /too long|ENAMETOOLONG/,
  },
  'a whiteout of nothing': { members: [{ path: 'a/.wh.', content: '' }], message: /whiteout of no file/ },
  'a whiteout of .': { members: [{ path: 'a/.wh..', content: '' }], message: /whiteout of no file/ },
  'a whiteout of ..': { members: [{ path: 'a/.wh...', content: '' }], message: /whiteout of no file/ },
  'a whiteout that is called a directory': {
    members: [{ path: 'a/.wh./', type: 'directory' }],
    message: /whiteout of no file/,
  },
  'a root that is a file': {
    members: [{ path: './', type: 'symlink', linkPath: '/' }],
    message: /root is no directory/,
  },
  'a sparse file larger than a file system holds': {
    members: [{ path: 'bomb', size: 2 ** 52, sparse: [{ offset: 0, size: 1 }], content: 'x' }],
    message: /cannot be written: |EFBIG|ftruncate/,
  },
};

for (const driver of DRIVERS) {
  for (const [what, { members, message }] of Object.entries(REFUSED)) {
    test(`importRootfs() refuses ${what} (${driver})`, async () => {
      await using fixture = openFixture(driver);
      await assert.rejects(unpack(fixture, members), { kind: 'invalid', message });
      assert.equal(existsSync(OUTSIDE), false);
      await assertNothingLeft(fixture);
    });
  }

  test(`importRootfs() keeps absolute names and links inside the layer (${driver})`, async () => {
    await using fixture = openFixture(driver);
    const outside = join(fixture.scratch, 'outside');
    mkdirSync(outside);
    const layer = await unpack(fixture, [
      { path: '/abs/file', content: 'in' },
      { path: 'real', type: 'directory' },
      { path: 'abslink', type: 'symlink', linkPath: '/real' },
      { path: 'abslink/a', content: 'a' },
      { path: 'up', type: 'symlink', linkPath: '../../../../../../real' },
      { path: 'up/b', content: 'b' },
      { path: 'chain', type: 'symlink', linkPath: 'up/../../abslink' },
      { path: 'chain/c', content: 'c' },
      { path: 'dir', type: 'directory' },
      { path: 'dir/one', content: '1' },
      { path: 'dir', type: 'symlink', linkPath: outside },
    ]);
    assert.equal(readFileSync(join(layer, 'abs/file'), 'utf8'), 'in');
    assert.deepEqual(readdirSync(join(layer, 'real')).sort(), ['a', 'b', 'c']);
    assert.equal(readlinkSync(join(layer, 'dir')), outside);
    assert.deepEqual(readdirSync(outside), []);
  });

  test(`importRootfs() lets the last of several members with one name win (${driver})`, async () => {
    await using fixture = openFixture(driver);
    const target = join(fixture.scratch, 'target');
    writeFileSync(target, 'untouched');
    const layer = await unpack(fixture, [
      { path: 'twice', content: 'first' },
      { path: './twice', content: 'second' },
      { path: 'file', content: 'f' },
      { path: 'file', type: 'directory' },
      { path: 'file/in', content: 'i' },
      { path: 'folder', type: 'directory' },
      { path: 'folder/x', content: 'x' },
      { path: 'folder', content: 'now a file' },
      { path: 'link', type: 'symlink', linkPath: target },
      { path: 'link', content: 'replaced' },
      { path: 'shared', content: 's' },
      { path: 'shared2', type: 'hardlink', linkPath: 'shared' },
      { path: 'shared', content: 'other' },
    ]);
    const read = (name: string) => readFileSync(join(layer, name), 'utf8');
    assert.equal(read('twice'), 'second');
    assert.equal(read('file/in'), 'i');
    assert.equal(read('folder'), 'now a file');
    assert.equal(read('link'), 'replaced');
    assert.equal(read('shared'), 'other');
    assert.equal(read('shared2'), 's');
    assert.equal(readFileSync(target, 'utf8'), 'untouched');
  });

  test(`whiteouts hide lower layers only, wherever they stand (${driver})`, async () => {
    await using fixture = openFixture(driver);
    const lower = buildTar([
      { path: 'gone', content: 'g' },
      { path: 'back', content: 'old' },
      { path: 'early', content: 'old' },
      { path: 'dir/old', content: 'o' },
      { path: 'dir2/old', content: 'o' },
      { path: 'opaque/old', content: 'o' },
      { path: 'private', type: 'directory', mode: 0o700 },
    ]);
    const upper = buildTar([
      { path: '.wh.gone' },
      { path: '.wh.back' },
      { path: 'back', content: 'new' },
      { path: 'early', content: 'new' },
      { path: '.wh.early' },
      { path: '.wh.dir' },
      { path: 'dir/new', content: 'n' },
      { path: 'dir2/new', content: 'n' },
      { path: '.wh.dir2' },
      { path: 'opaque/new', content: 'n' },
      { path: 'opaque/.wh..wh..opq' },
      { path: 'opaque/.wh..wh.plnk', type: 'directory' },
      { path: 'private/in', content: 'i' },
      { path: '.wh.never-there' },
    ]);
    const [loaded] = await fixture.store.load(streamOf(buildLayout({ layers: [lower, upper] })));
    const box = 'b'.repeat(64);
    await fixture.store.snapshots.prepare(box, fixture.store.images.resolve(loaded!.id));
    using root = await fixture.store.trees.openRootfs(fixture.store.snapshots.mountOf(box), false);
    const seen = `/proc/self/fd/${root.fd}`;
    assert.deepEqual(readdirSync(`${seen}/`).sort(), ['back', 'dir', 'dir2', 'early', 'opaque', 'private']);
    for (const folder of ['dir', 'dir2', 'opaque']) assert.deepEqual(readdirSync(`${seen}/${folder}`), ['new']);
    assert.equal(readFileSync(`${seen}/back`, 'utf8'), 'new');
    assert.equal(readFileSync(`${seen}/early`, 'utf8'), 'new');
    assert.equal(lstatSync(`${seen}/private`).mode & 0o777, 0o700);
  });
}

test('importRootfs() drops the attributes in which overlay keeps its own state', async () => {
  await using fixture = openFixture('overlay');
  const yes = new Map([
    ['trusted.overlay.opaque', Buffer.from('y')],
    ['trusted.overlay.redirect', Buffer.from('/etc')],
    ['user.overlay.opaque', Buffer.from('y')],
    ['user.kept', Buffer.from('k')],
  ]);
  const layer = await unpack(fixture, [{ path: 'd', type: 'directory', xattrs: yes }]);
  using root = fixture.store.trees.openDirectory(layer);
  const packed = fixture.store.trees.pack({ root: root.fd, directory: '', member: undefined, name: '' });
  const chunks: Buffer[] = [];
  for await (const chunk of packed) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('latin1');
  assert.ok(text.includes('SCHILY.xattr.user.kept=k') && !text.includes('overlay'));
});

test('importRootfs() refuses headers that lie', async () => {
  await using fixture = openFixture('overlay');
  const good = buildTar([{ path: 'x', content: 'x'.repeat(2000) }]);
  const edit = (change: (block: Buffer) => void): Buffer => {
    const copy = Buffer.from(good);
    change(copy.subarray(0, 512));
    copy.write('        ', 148, 'latin1');
    const sum = copy.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    copy.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    return copy;
  };
  const cases: [Buffer, RegExp][] = [
    [Buffer.concat([good.subarray(0, 148), Buffer.from('0000000\0'), good.subarray(156)]), /wrong header checksum/],
    [edit((block) => block.fill(0xff, 124, 136)), /negative size/],
    [
      edit((block) => block.write('\x80\x7f\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff', 124, 'latin1')),
      /too large a number/,
    ],
    [edit((block) => block.write('7777777777 ', 124, 'latin1')), /unexpected end/],
    [edit((block) => block.write('99', 124, 'latin1')), /no octal number/],
    [edit((block) => block.write('Z', 156, 'latin1')), /unknown type "Z"/],
    [good.subarray(0, 1000), /unexpected end/],
    [gzipSync(good).subarray(0, 40), /damaged gzip data|unexpected end/],
  ];
  for (const [archive, message] of cases) {
    await assert.rejects(fixture.store.importRootfs(streamOf(archive), {}), { kind: 'invalid', message });
  }
  await assertNothingLeft(fixture);
});

const LAYER = buildTar([{ path: 'x', content: 'x' }]);
const OTHER = buildTar([{ path: 'y', content: 'y' }]);

const BAD_LAYOUTS: Record<string, { parts: LayoutParts; message: RegExp }> = {
  'a layer with another digest': {
    parts: {
      layers: [LAYER],
      members: (members) =>
        members.map((member) => (member.content === LAYER ? { ...member, content: OTHER } : member)),
    },
    message: /is damaged: its digest is sha256:/,
  },
  'a layer that is not what the configuration says': {
    parts: {
      layers: [LAYER],
      config: (config) => ({ ...config, rootfs: { type: 'layers', diff_ids: [`sha256:${'0'.repeat(64)}`] } }),
    },
    message: /layer verification failed: expected diff id sha256:0000/,
  },
  'a layer of another size': {
    parts: {
      layers: [LAYER],
      manifest: (manifest) => ({
        ...manifest,
        layers: (manifest['layers'] as object[]).map((layer) => ({ ...layer, size: 7 })),
      }),
    },
    message: /its descriptor says 7/,
  },
  'fewer layers than the configuration has': {
    parts: { layers: [LAYER, OTHER], manifest: (manifest) => ({ ...manifest, layers: [] }) },
    message: /layers length mismatch: expected 2, got 0/,
  },
  'a missing layer': {
    parts: { layers: [LAYER], members: (members) => members.filter(({ content }) => content !== LAYER) },
    message: /holds no file "blobs\/sha256/,
  },
  'a layer of unknown type': {
    parts: {
      layers: [LAYER],
      manifest: (manifest) => ({
        ...manifest,
        layers: (manifest['layers'] as object[]).map((layer) => ({ ...layer, mediaType: 'application/x-evil' })),
      }),
    },
    message: /media type "application\/x-evil" is not supported/,
  },
  'a digest that is a path': {
    parts: {
      layers: [LAYER],
      manifest: (manifest) => ({
        ...manifest,
        layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: 'sha256:../../etc/passwd', size: 1 }],
      }),
    },
    message: /is no sha256 digest/,
  },
  'too many layers': {
    parts: {
      layers: [LAYER],
      manifest: (manifest) => ({ ...manifest, layers: Array(501).fill((manifest['layers'] as object[])[0]) }),
    },
    message: /501 layers, at most 500 are accepted/,
  },
  'an index that is no JSON': {
    parts: {
      layers: [LAYER],
      members: (members) => [
        ...members.filter(({ path }) => path !== 'index.json'),
        { path: 'index.json', content: '{' },
      ],
    },
    message: /image index: not valid JSON/,
  },
  'another platform than the only one': {
    parts: {
      layers: [LAYER],
      index: (index) => ({
        ...index,
        manifests: (index['manifests'] as object[]).map((manifest) => ({
          ...manifest,
          platform: { os: 'linux', architecture: 's390x' },
        })),
      }),
    },
    message: /does not provide the specified platform \(linux\/arm64\)/,
  },
  'a member with ..': {
    parts: { layers: [LAYER], members: (members) => [...members, { path: '../../x', content: 'x' }] },
    message: /outside of the folder/,
  },
  'a hostile layer beside a good one': {
    parts: { layers: [LAYER, buildTar([{ path: '../x', content: 'x' }])] },
    message: /outside of the folder/,
  },
};

for (const [what, { parts, message }] of Object.entries(BAD_LAYOUTS)) {
  test(`load() refuses ${what}`, async () => {
    await using fixture = openFixture('overlay');
    const platform = what.includes('platform') ? { os: 'linux', architecture: 'arm64' } : undefined;
    await assert.rejects(fixture.store.load(streamOf(buildLayout(parts)), { platform }), { message });
    assert.deepEqual(fixture.store.images.table.all(), []);
    await assertNothingLeft(fixture);
  });
}

test('load() takes the image for this machine out of nested indexes', async () => {
  await using fixture = openFixture('overlay');
  const { hostPlatform } = await import('#spec/platform.ts');
  const { sha256 } = await import('./archive-builder.ts');
  let inner: Member | undefined;
  const archive = buildLayout({
    layers: [LAYER],
    index: (index) => {
      const [manifest] = index['manifests'] as Record<string, unknown>[];
      const text = JSON.stringify({
        schemaVersion: 2,
        manifests: [
          { ...manifest, digest: `sha256:${'1'.repeat(64)}`, platform: { os: 'linux', architecture: 'ppc64le' } },
          { ...manifest, platform: hostPlatform() },
        ],
      });
      inner = { path: `blobs/${sha256(text).replace(':', '/')}`, content: text };
      const annotations = { 'org.opencontainers.image.ref.name': 'quay.io/x/multi:1' };
      const mediaType = 'application/vnd.oci.image.index.v1+json';
      return { ...index, manifests: [{ mediaType, digest: sha256(text), size: Buffer.byteLength(text), annotations }] };
    },
    members: (members) => [...members, inner!],
  });
  const [loaded] = await fixture.store.load(streamOf(archive));
  assert.deepEqual(loaded?.names, ['quay.io/x/multi:1']);
});

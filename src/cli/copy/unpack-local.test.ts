import assert from 'node:assert/strict';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { TarEntry } from '#spec/tar/tar-entry.ts';
import { TarParser } from '#spec/tar/tar-parser.ts';
import { encodeTarHeader, TAR_END, tarPadding } from '#spec/tar/tar-writer.ts';
import { packLocal } from './pack-local.ts';
import { LocalWriter } from './unpack-local.ts';

const PLAIN: TarEntry = {
  type: 'file',
  path: '',
  linkPath: '',
  size: 0,
  mode: 0o644,
  uid: 0,
  gid: 0,
  userName: '',
  groupName: '',
  mtimeSeconds: 1_577_934_245,
  mtimeNanos: 0,
  devMajor: 0,
  devMinor: 0,
  xattrs: undefined,
  sparse: undefined,
};

function member(path: string, more: Partial<TarEntry> & { readonly text?: string } = {}): Buffer {
  const { text = '', ...fields } = more;
  const bytes = Buffer.from(text);
  const header = encodeTarHeader({ ...PLAIN, ...fields, path, size: bytes.length });
  return Buffer.concat([header, bytes, Buffer.alloc(tarPadding(bytes.length))]);
}

const directory = (path: string) => member(path, { type: 'directory', mode: 0o755 });
const symlink = (path: string, linkPath: string) => member(path, { type: 'symlink', linkPath });
const hardlink = (path: string, linkPath: string) => member(path, { type: 'hardlink', linkPath });

describe('LocalWriter', () => {
  let parent = '';
  let root = '';
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'berth-unpack-'));
    root = join(parent, 'root');
    mkdirSync(root);
    mkdirSync(join(parent, 'outside'));
    writeFileSync(join(parent, 'outside/secret'), 'secret');
  });
  afterEach(() => rmSync(parent, { recursive: true }));

  function unpack(members: readonly Buffer[], rename?: { from: string; to: string }): void {
    const writer = new LocalWriter(root, rename);
    const parser = new TarParser(writer);
    try {
      for (const piece of [...members, TAR_END]) parser.push(piece);
      parser.end();
      writer.finish();
    } finally {
      writer.close();
    }
  }

  test('writes files, folders and links with their modes and times', () => {
    unpack([
      directory('d'),
      member('d/f', { text: 'hello', mode: 0o4711 }),
      symlink('d/l', 'f'),
      hardlink('d/h', 'd/f'),
    ]);
    assert.equal(readFileSync(join(root, 'd/l'), 'utf8'), 'hello');
    assert.equal(statSync(join(root, 'd/f')).mode & 0o7777, 0o4711);
    assert.equal(statSync(join(root, 'd/f')).nlink, 2);
    for (const path of ['d', 'd/f', 'd/l']) assert.equal(lstatSync(join(root, path)).mtimeMs, 1_577_934_245_000);
  });

  test('renames the first part of every name, also of what hard links lead to', () => {
    unpack([directory('old'), member('old/old', { text: 'x' }), hardlink('old/h', 'old/old')], {
      from: 'old',
      to: 'new',
    });
    assert.deepEqual(readdirSync(root), ['new']);
    assert.deepEqual(readdirSync(join(root, 'new')).sort(), ['h', 'old']);
  });

  test('a read-only folder still gets its contents', () => {
    unpack([member('d', { type: 'directory', mode: 0o555 }), member('d/f', { text: 'x' })]);
    assert.equal(statSync(join(root, 'd')).mode & 0o777, 0o555);
    assert.equal(readFileSync(join(root, 'd/f'), 'utf8'), 'x');
  });

  test('replaces what is there by its like only', () => {
    writeFileSync(join(root, 'f'), 'old');
    symlinkSync('../outside/secret', join(root, 'l'));
    mkdirSync(join(root, 'd'));
    unpack([member('f', { text: 'new' }), member('l', { text: 'no link any more' })]);
    assert.equal(readFileSync(join(root, 'f'), 'utf8'), 'new');
    assert.equal(readFileSync(join(parent, 'outside/secret'), 'utf8'), 'secret');
    assert.throws(() => unpack([member('d', { text: 'x' })]), /cannot overwrite directory "d" with non-directory/);
    assert.throws(() => unpack([directory('f')]), /cannot overwrite non-directory "f" with directory/);
  });

  const hostile: Readonly<Record<string, readonly Buffer[]>> = {
    'names with ..': [member('../outside/new', { text: 'x' })],
    'names with .. inside': [member('d/../../outside/new', { text: 'x' })],
    'a link out, then a name through it': [symlink('l', '../outside'), member('l/new', { text: 'x' })],
    'an absolute link, then a name through it': [symlink('l', '/tmp'), member('l/berth-escape', { text: 'x' })],
    'a chain of links out': [symlink('a', '..'), symlink('b', 'a/outside'), member('b/new', { text: 'x' })],
    'a hard link to a file outside': [hardlink('h', '../outside/secret')],
    'a hard link through a link': [symlink('l', '../outside'), hardlink('h', 'l/secret'), member('h', { text: 'x' })],
    'a folder through a link': [symlink('l', '../outside'), directory('l/new')],
  };
  for (const [name, members] of Object.entries(hostile))
    test(`refuses ${name}, and changes nothing outside`, () => {
      assert.throws(() => unpack(members));
      assert.deepEqual(readdirSync(join(parent, 'outside')), ['secret']);
      assert.equal(readFileSync(join(parent, 'outside/secret'), 'utf8'), 'secret');
      assert.equal(existsSync('/tmp/berth-escape'), false);
    });

  test('an absolute name stays below the root', () => {
    unpack([member('/etc/hosts', { text: 'mine' })]);
    assert.equal(readFileSync(join(root, 'etc/hosts'), 'utf8'), 'mine');
  });

  test('a link that stays inside may be walked through', () => {
    mkdirSync(join(root, 'real'));
    symlinkSync('real', join(root, 'l'));
    unpack([member('l/f', { text: 'x' })]);
    assert.equal(readFileSync(join(root, 'real/f'), 'utf8'), 'x');
  });

  test('devices and pipes are refused by name', () => {
    assert.throws(
      () => unpack([member('null', { type: 'char', devMajor: 1, devMinor: 3 })]),
      /null: a device cannot be copied/,
    );
    assert.throws(() => unpack([member('p', { type: 'fifo' })]), /p: a named pipe cannot be copied/);
  });

  test('names that are no UTF-8 come through packing and unpacking as they are', () => {
    const source = join(parent, 'source');
    mkdirSync(source);
    const name = Buffer.from([0x66, 0xff, 0xfe]);
    writeFileSync(Buffer.concat([Buffer.from(`${source}/`), name]), 'bytes');
    writeFileSync(join(source, 'größe'), 'text');
    unpack([...packLocal(source, 'source')]);
    const found = readdirSync(join(root, 'source'), 'buffer').sort(Buffer.compare);
    assert.deepEqual(found, [name, Buffer.from('größe')]);
  });
});

test('packLocal() packs files of every size so that they come out the same', () => {
  const parent = mkdtempSync(join(tmpdir(), 'berth-pack-'));
  try {
    const source = join(parent, 'source');
    mkdirSync(source);
    const sizes = [0, 1, 511, 512, 513, 1024 * 1024 - 512, 1024 * 1024, 3 * 1024 * 1024 + 7];
    for (const size of sizes) writeFileSync(join(source, String(size)), Buffer.alloc(size, size % 251));
    const writer = new LocalWriter(parent, { from: 'source', to: 'copy' });
    const parser = new TarParser(writer);
    for (const piece of packLocal(source, 'source')) parser.push(piece);
    parser.end();
    writer.finish();
    for (const size of sizes)
      assert.ok(readFileSync(join(parent, 'copy', String(size))).equals(Buffer.alloc(size, size % 251)), String(size));
  } finally {
    rmSync(parent, { recursive: true });
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anonymousVolume, parseBind, parseVolumesFrom } from './mount-spec.ts';
import { parseMount } from './parse-mount.ts';

const exists = () => true;

test('parseBind() reads a host path, its target and modes', () => {
  const mount = parseBind('/a//b/:/c/:ro,Z,rslave');
  assert.equal(mount.type, 'bind');
  assert.equal(mount.source, '/a/b');
  assert.equal(mount.destination, '/c');
  assert.equal(mount.readOnly, true);
  assert.equal(mount.propagation, 'rslave');
  assert.equal(mount.mode, 'ro,Z,rslave');
  const whole = parseBind('/a:/b:rro');
  assert.deepEqual([whole.readOnly, whole.recursiveReadOnly], [true, 'force']);
});

test('parseBind() reads a lone path as an anonymous volume and a name as a named one', () => {
  assert.deepEqual([parseBind('/data').type, parseBind('/data').name], ['volume', '']);
  const named = parseBind('db:/data:nocopy');
  assert.deepEqual([named.type, named.name, named.copyUp], ['volume', 'db', false]);
});

test('parseBind() refuses wrong forms with docker words', () => {
  const cases: [string, string][] = [
    ['', "invalid volume specification: ''"],
    [':/a', "invalid volume specification: ':/a'"],
    ['/a:ro', "invalid volume specification: '/a:ro'"],
    ['/a:/b:ro:z', "invalid volume specification: '/a:/b:ro:z'"],
    ['/a:/b:rx', 'invalid mode: rx'],
    ['/a:/b:ro,rw', 'invalid mode: ro,rw'],
    [
      '/a:/',
      `invalid volume specification: '/a:/': invalid mount config for type "bind": invalid specification: destination can't be '/'`,
    ],
    [
      '/a:b',
      `invalid volume specification: '/a:b': invalid mount config for type "bind": invalid mount path: 'b' mount path must be absolute`,
    ],
  ];
  for (const [raw, message] of cases) assert.throws(() => parseBind(raw), { kind: 'invalid', message }, raw);
});

test('parseMount() needs a bind source that exists unless it may be made', () => {
  const mount = { Type: 'bind', Source: '/none', Target: '/x' };
  assert.throws(() => parseMount(mount, () => false), {
    message: 'invalid mount config for type "bind": bind source path does not exist: /none',
  });
  const made = parseMount({ ...mount, BindOptions: { CreateMountpoint: true } }, () => false);
  assert.equal(made.createSource, true);
});

test('parseMount() reads recursive read-only wishes', () => {
  const of = (options: object, ReadOnly = true) =>
    parseMount({ Type: 'bind', Source: '/s', Target: '/t', ReadOnly, BindOptions: options }, exists).recursiveReadOnly;
  assert.equal(of({}), 'yes');
  assert.equal(of({ ReadOnlyNonRecursive: true }), 'no');
  assert.equal(of({ ReadOnlyForceRecursive: true }), 'force');
  assert.throws(() => of({ ReadOnlyForceRecursive: true }, false), /needs ReadOnly/);
});

test('parseMount() makes tmpfs options', () => {
  const mount = parseMount(
    { Type: 'tmpfs', Target: '/t', TmpfsOptions: { SizeBytes: 65536, Mode: 0o1770, Options: [['exec']] } },
    exists,
  );
  assert.deepEqual(mount.tmpfsOptions, ['mode=1770', 'size=65536', 'exec']);
});

test('parseMount() refuses options of another type, unknown types and types it does not have', () => {
  assert.throws(() => parseMount({ Type: 'tmpfs', Target: '/t', BindOptions: {} }, exists), {
    message: 'invalid mount config for type "tmpfs": field BindOptions must not be specified',
  });
  assert.throws(() => parseMount({ Type: 'x', Target: '/t' }, exists), /type "x": mount type unknown/);
  assert.throws(() => parseMount({ Type: 'cluster', Source: 'a', Target: '/t' }, exists), { kind: 'unsupported' });
});

test('parseVolumesFrom() takes a mode without propagation', () => {
  assert.deepEqual(parseVolumesFrom('abc'), { ref: 'abc', mode: 'rw' });
  assert.deepEqual(parseVolumesFrom('abc:ro,z'), { ref: 'abc', mode: 'ro,z' });
  assert.throws(() => parseVolumesFrom('abc:rshared'), { message: 'invalid mode: rshared' });
  assert.throws(() => parseVolumesFrom('abc:rro'), { message: 'invalid mode: rro' });
});

test('anonymousVolume() takes relative paths of images as Docker does, and no root', () => {
  assert.equal(anonymousVolume('data/sub/').destination, '/data/sub');
  assert.equal(anonymousVolume('/data').destination, '/data');
  assert.throws(() => anonymousVolume('/'), { message: "invalid specification: destination can't be '/'" });
});

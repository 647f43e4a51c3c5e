import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boundDirectory, checkDriverOptions, driverOptionsOf } from './driver-options.ts';
import { resolveDevice } from './resolve-device.ts';
import { checkVolumeName } from './volume-name.ts';

test("checkDriverOptions() refuses unknown and incomplete options in Docker's words", () => {
  const bad: readonly (readonly [Record<string, string>, string])[] = [
    [{ foo: 'x' }, 'invalid option: "foo"'],
    [{ device: 'x' }, 'missing required option: "type"'],
    [{ type: 'x' }, 'missing required option: "device"'],
    [{ o: 'x' }, 'missing required option: "device"'],
    [{ size: '1g' }, 'quota size requested but no quota support'],
  ];
  for (const [options, message] of bad) assert.throws(() => checkDriverOptions(options), { kind: 'invalid', message });
  checkDriverOptions(null);
  checkDriverOptions({ type: 'nfs', device: ':/x', o: 'addr=1.2.3.4' });
});

test('driverOptionsOf() and boundDirectory() tell what a volume is instead of a directory', () => {
  assert.equal(driverOptionsOf(null), undefined);
  assert.deepEqual(driverOptionsOf({ type: 't', device: 'd', o: ' a, b=c,,' })?.o, ['a', 'b=c']);
  assert.equal(boundDirectory({ type: 'none', device: '/srv', o: 'bind,ro' }), '/srv');
  assert.equal(boundDirectory({ type: 'tmpfs', device: 'tmpfs', o: 'size=1m' }), undefined);
});

test('resolveDevice() gives the kernel an address for the server of a network file system', async () => {
  const words = async (type: string, device: string, ...o: string[]) =>
    (await resolveDevice('v', { type, device, o })).o;
  assert.deepEqual(await words('nfs', ':/x', 'addr=192.0.2.1', 'ro'), ['ro', 'addr=192.0.2.1']);
  assert.deepEqual(await words('nfs4', '192.0.2.2:/x', 'ro'), ['ro', 'addr=192.0.2.2']);
  assert.deepEqual(await words('nfs', '[2001:db8::1]:/x'), ['addr=2001:db8::1']);
  assert.deepEqual(await words('cifs', '//192.0.2.3/share', 'username=u'), ['username=u', 'ip=192.0.2.3']);
  assert.deepEqual(await words('tmpfs', 'tmpfs', 'size=1m'), ['size=1m']);
});

test("checkVolumeName() takes Docker's names and nothing that is a path", () => {
  for (const name of ['ab', 'a_b.c-d', '0x']) assert.equal(checkVolumeName(name), name);
  for (const name of ['', 'a', '.a', '-a', 'a/b', '..', 'a b', 'ä1', 'x'.repeat(256)]) {
    assert.throws(() => checkVolumeName(name), { kind: 'invalid' }, name);
  }
});

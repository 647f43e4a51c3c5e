import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MOUNT_ATTR, PROPAGATION } from './linux-numbers.ts';
import { knownMountOptions, parseMountOptions } from './mount-options.ts';

test('parseMountOptions() sorts attributes, propagation and data', () => {
  const parsed = parseMountOptions(['rbind', 'ro', 'nosuid', 'rslave', 'size=64k', 'newinstance', 'context="a:b,c"']);
  assert.deepEqual(parsed, {
    bind: 'rbind',
    remount: false,
    attributes: { set: MOUNT_ATTR.RDONLY | MOUNT_ATTR.NOSUID, clear: 0 },
    recursive: { set: 0, clear: 0 },
    propagation: { type: PROPAGATION.SLAVE, recursive: true },
    copyUp: false,
    idmap: 'no',
    superblock: [],
    data: [{ key: 'size', value: '64k' }, { key: 'newinstance' }, { key: 'context', value: 'a:b,c' }],
  });
});

test('parseMountOptions() lets later options win', () => {
  assert.deepEqual(parseMountOptions(['ro', 'rw']).attributes, { set: 0, clear: MOUNT_ATTR.RDONLY });
  assert.deepEqual(parseMountOptions(['noexec', 'exec', 'noexec']).attributes, { set: MOUNT_ATTR.NOEXEC, clear: 0 });
  assert.deepEqual(parseMountOptions(['noatime', 'strictatime']).attributes, {
    set: MOUNT_ATTR.STRICTATIME,
    clear: MOUNT_ATTR.ATIME,
  });
});

test('parseMountOptions() keeps recursive attributes apart', () => {
  const { attributes, recursive } = parseMountOptions(['rro', 'rnosuid', 'nodev', 'rrelatime']);
  assert.deepEqual(attributes, { set: MOUNT_ATTR.NODEV, clear: 0 });
  assert.deepEqual(recursive, { set: MOUNT_ATTR.RDONLY | MOUNT_ATTR.NOSUID, clear: MOUNT_ATTR.ATIME });
});

test('parseMountOptions() tells remount, relatime and friends from recursive options', () => {
  const parsed = parseMountOptions(['remount', 'relatime', 'rw', 'tmpcopyup', 'ridmap', 'defaults', 'sync']);
  assert.equal(parsed.remount, true);
  assert.deepEqual(parsed.attributes, { set: 0, clear: MOUNT_ATTR.ATIME | MOUNT_ATTR.RDONLY });
  assert.deepEqual(parsed.recursive, { set: 0, clear: 0 });
  assert.equal(parsed.copyUp, true);
  assert.equal(parsed.idmap, 'ridmap');
  assert.deepEqual(parsed.superblock, [{ key: 'sync' }]);
});

test('knownMountOptions() holds nothing that would be taken for data of a file system', () => {
  for (const option of knownMountOptions()) assert.deepEqual(parseMountOptions([option]).data, [], option);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMountInfo } from './mountinfo.ts';

test('parseMountInfo() reads optional fields and escaped names', () => {
  const [entry, plain] = parseMountInfo(
    '36 35 98:0 /mnt1 /mnt\\0402 rw,noatime shared:5 master:1 - ext3 /dev/a\\011b rw,errors=continue\n' +
      '37 35 0:26 / /sys/fs/cgroup rw - cgroup2 none rw,nsdelegate\n',
  );
  assert.deepEqual(entry, {
    id: 36,
    parentId: 35,
    device: '98:0',
    root: '/mnt1',
    mountPoint: '/mnt 2',
    options: ['rw', 'noatime'],
    propagation: ['shared:5', 'master:1'],
    type: 'ext3',
    source: '/dev/a\tb',
    superOptions: ['rw', 'errors=continue'],
  });
  assert.deepEqual(plain?.propagation, []);
  assert.equal(plain?.type, 'cgroup2');
});

test('parseMountInfo() refuses a line without separator', () => {
  assert.throws(() => parseMountInfo('1 2 3:4 / / rw ext4 a rw\n'), /unknown form/);
});

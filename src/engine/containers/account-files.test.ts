import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolveIdentity } from './account-files.ts';

const files = {
  passwd: 'root:x:0:0:root:/root:/bin/sh\n# no account\napp:x:1000:1001::/home/app:/bin/sh\nbad line\n',
  group: 'root:x:0:\nwheel:x:10:root,app\napp:x:1001:\naudio:x:29:app\n',
};

test('resolveIdentity() of nobody in particular is root with its groups', () => {
  assert.deepEqual(resolveIdentity('', [], files), { uid: 0, gid: 0, additionalGids: [0, 10], home: '/root' });
});

test('resolveIdentity() finds names and numbers, and the groups of the account', () => {
  const app = { uid: 1000, gid: 1001, additionalGids: [1001, 10, 29], home: '/home/app' };
  assert.deepEqual(resolveIdentity('app', [], files), app);
  assert.deepEqual(resolveIdentity('1000', [], files), app);
});

test('resolveIdentity() takes a named group instead of the account groups, and adds extra ones', () => {
  assert.deepEqual(resolveIdentity('app:audio', ['wheel', '77'], files), {
    uid: 1000,
    gid: 29,
    additionalGids: [29, 10, 77],
    home: '/home/app',
  });
});

test('resolveIdentity() takes numbers that no file knows', () => {
  assert.deepEqual(resolveIdentity('5:6', [], { passwd: '', group: '' }), {
    uid: 5,
    gid: 6,
    additionalGids: [6],
    home: '/',
  });
});

test('resolveIdentity() refuses unknown names and numbers out of range', () => {
  assert.throws(() => resolveIdentity('ghost', [], files), {
    message: 'unable to find user ghost: no matching entries in passwd file',
  });
  assert.throws(() => resolveIdentity('app:ghost', [], files), {
    message: 'unable to find group ghost: no matching entries in group file',
  });
  assert.throws(() => resolveIdentity('2147483648', [], files), {
    message: 'uids and gids must be in range 0-2147483647',
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NAME_SERVER, nameOps, SOCKET_PORT } from './name-ops.ts';
import { type NameRecord, nameRecordText } from './name-record.ts';
import { redirectBatch } from './redirect.ts';
import { redirectMessages } from './redirect-bytes.ts';

const RECORD: NameRecord = {
  containerId: 'c'.repeat(64),
  bootId: 'boot',
  servers: [
    { address: '1.1.1.1', inside: false },
    { address: '127.0.0.1', inside: true },
  ],
  ndots: true,
  hostAddresses: ['172.18.0.1'],
  memberships: [
    {
      networkId: 'n'.repeat(64),
      networkName: 'my net',
      resolves: true,
      internal: false,
      addresses: ['172.18.0.2', 'fd00::2'],
      names: ['Web', 'web', 'ü%', ''],
      links: { DB: 'Postgres' },
    },
  ],
};

test('nameRecordText() writes every field, names in lower case and once, odd bytes as %xx', () => {
  assert.deepEqual(nameRecordText(RECORD).split('\n'), [
    'berth-names 1',
    'boot boot',
    `container ${'c'.repeat(64)}`,
    'server 1.1.1.1',
    'server 127.0.0.1 inside',
    'ndots',
    'host 172.18.0.1',
    `network ${'n'.repeat(64)} my%20net names out`,
    'address 172.18.0.2',
    'address fd00::2',
    'name web',
    'name %c3%bc%25',
    'link db postgres',
    'end',
    '',
  ]);
});

test('nameOps() makes sockets for every container, and files and rules for those that have names', () => {
  const start = {
    root: '/r',
    containerId: RECORD.containerId,
    guard: 'none' as const,
    resolver: { argv: ['x'], env: [] },
  };
  const bare = nameOps(start);
  assert.deepEqual(
    bare.ops.map(({ op }) => op),
    ['name-sockets'],
  );
  assert.equal(bare.names.answer, 'when-asked');
  assert.equal(nameOps({ ...start, guard: 'at-once' }).names.answer, 'at-once');
  assert.equal(nameOps({ ...start, guard: 'soon' }).names.answer, 'soon');
  const named = nameOps({ ...start, record: RECORD });
  assert.deepEqual(
    named.ops.map(({ op, side }) => `${side} ${op}`),
    ['child name-sockets', 'parent mkdir', 'parent write', 'child netlink'],
  );
  assert.equal(named.names.answer, 'at-once');
  assert.deepEqual(
    named.cleanup.map((op) => op.op === 'unlink' && op.at.path),
    [`/r/run/names/${RECORD.containerId}`],
  );
});

test('redirectMessages() are what redirectBatch() makes', () => {
  const batch = redirectBatch(Buffer.from(NAME_SERVER.split('.').map(Number)), SOCKET_PORT);
  assert.deepEqual(
    batch.map((bytes) => bytes.readUInt16LE(4)),
    [16, 0xa00, 0xa03, ...Array(5).fill(0xa06), 17],
  );
  const made = Buffer.concat(batch).toString('base64');
  const kept = redirectMessages();
  assert.equal(Buffer.concat(kept).toString('base64'), made);
  assert.equal(kept.length, batch.length);
});

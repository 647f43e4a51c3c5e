import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PublishedRange } from '../model.ts';
import { commonPorts, type ForeignRange } from './other-tables.ts';

const RANGE: PublishedRange = {
  protocol: 'tcp',
  hostAddress: '0.0.0.0',
  hostPort: 8000,
  containerPort: 80,
  count: 10,
};
const FOREIGN: ForeignRange = { table: 'berth', family: 'ip', protocol: 6, hostPort: 8005, count: 100 };

test('commonPorts() finds ports that another root has at the same addresses', () => {
  assert.deepEqual(commonPorts(RANGE, FOREIGN), { first: 8005, count: 5 });
  assert.deepEqual(commonPorts(RANGE, { ...FOREIGN, address: '7f000001' }), { first: 8005, count: 5 });
  assert.deepEqual(commonPorts({ ...RANGE, hostAddress: '127.0.0.1' }, FOREIGN), { first: 8005, count: 5 });
});

test('commonPorts() leaves other protocols, families, addresses and ports', () => {
  assert.equal(commonPorts(RANGE, { ...FOREIGN, protocol: 17 }), undefined);
  assert.equal(commonPorts({ ...RANGE, hostAddress: '::' }, FOREIGN), undefined);
  assert.equal(commonPorts({ ...RANGE, hostAddress: '127.0.0.1' }, { ...FOREIGN, address: '7f000002' }), undefined);
  assert.equal(commonPorts(RANGE, { ...FOREIGN, hostPort: 8010 }), undefined);
});

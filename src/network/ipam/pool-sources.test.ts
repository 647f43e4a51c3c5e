import assert from 'node:assert/strict';
import { test } from 'node:test';
import { poolSources } from './pool-sources.ts';

test('poolSources() reads pools of both families', () => {
  const pools = [
    { base: '10.80.0.0/16', size: 24 },
    { base: 'FD00:80::/48', size: 64 },
  ];
  assert.deepEqual(poolSources(pools), [pools[0], { base: 'fd00:80::/48', size: 64 }]);
  assert.deepEqual(poolSources([]), []);
});

const WRONG: [unknown, RegExp][] = [
  ['10.0.0.0/8', /wanted a list/],
  [null, /wanted a list/],
  [[null], /base is undefined/],
  [[{ base: '10.0.0.0', size: 24 }], /base is "10.0.0.0", wanted a subnet/],
  [[{ base: '10.0.0.1/16', size: 24 }], /it should be 10.0.0.0\/16/],
  [[{ base: '10.0.0.0/16', size: 8 }], /size is 8, wanted a prefix length from 16 to 30/],
  [[{ base: '10.0.0.0/16', size: 31 }], /size is 31/],
  [[{ base: '10.0.0.0/16', size: '24' }], /size is "24"/],
  [[{ base: '10.0.0.0/16' }], /size is undefined/],
  [[{ base: '10.0.0.0/16', size: 24, more: 1 }], /an address pool has no more/],
];

for (const [value, words] of WRONG) {
  test(`poolSources() refuses ${JSON.stringify(value)}`, () => assert.throws(() => poolSources(value), words));
}

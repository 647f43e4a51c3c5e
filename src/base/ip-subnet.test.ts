import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  addressOf,
  boundsOf,
  contains,
  formatSubnet,
  masked,
  overlaps,
  parseSubnet,
  sizeOf,
  subnetOf,
  unusableOf,
} from './ip-subnet.ts';

test('parseSubnet() keeps host bits, masked() takes them off', () => {
  const subnet = parseSubnet('10.5.0.1/24')!;
  assert.equal(formatSubnet(subnet), '10.5.0.1/24');
  assert.equal(formatSubnet(masked(subnet)), '10.5.0.0/24');
  assert.equal(formatSubnet(masked(parseSubnet('fd00::ff/64')!)), 'fd00::/64');
  assert.equal(formatSubnet(masked(parseSubnet('255.255.255.255/0')!)), '0.0.0.0/0');
});

for (const text of [
  '',
  '/',
  '10.0.0.0',
  '10.0.0.0/',
  '10.0.0.0/33',
  'fd00::/129',
  '10.0.0.0/08',
  '10.0.0.0/-1',
  '10.0.0.0/8/8',
  '10.0.0.0/ 8',
  '10.0.0/8',
  '10.0.0.0/1e1',
  '10.0.0.0/255.0.0.0',
]) {
  test(`parseSubnet() refuses ${JSON.stringify(text)}`, () => assert.equal(parseSubnet(text), undefined));
}

test('contains() and boundsOf() cover both ends and no more', () => {
  const subnet = subnetOf('10.5.0.0/24');
  assert.deepEqual(boundsOf(subnet), { first: 0x0a050000n, last: 0x0a0500ffn });
  assert.ok(contains(subnet, addressOf('10.5.0.0')) && contains(subnet, addressOf('10.5.0.255')));
  assert.ok(!contains(subnet, addressOf('10.4.255.255')) && !contains(subnet, addressOf('10.5.1.0')));
  assert.ok(!contains(subnetOf('0.0.0.0/0'), addressOf('::1')));
  assert.equal(sizeOf(subnetOf('::/0')), 1n << 128n);
});

test('overlaps() is symmetric and knows families', () => {
  const cases: [string, string, boolean][] = [
    ['10.0.0.0/8', '10.5.0.0/24', true],
    ['10.5.0.0/24', '10.5.0.0/24', true],
    ['10.5.0.0/24', '10.5.1.0/24', false],
    ['10.5.0.0/23', '10.5.1.0/24', true],
    ['0.0.0.0/0', '255.255.255.255/32', true],
    ['::/0', '10.0.0.0/8', false],
    ['fd00::/8', 'fdff:ffff::/32', true],
    ['fd00::/64', 'fd00:0:0:1::/64', false],
  ];
  for (const [a, b, wanted] of cases) {
    assert.equal(overlaps(subnetOf(a), subnetOf(b)), wanted, `${a} ${b}`);
    assert.equal(overlaps(subnetOf(b), subnetOf(a)), wanted, `${b} ${a}`);
  }
});

test('unusableOf() leaves point to point subnets whole', () => {
  assert.deepEqual(unusableOf(subnetOf('10.0.0.0/30')), [0x0a000000n, 0x0a000003n]);
  assert.deepEqual(unusableOf(subnetOf('10.0.0.0/31')), []);
  assert.deepEqual(unusableOf(subnetOf('10.0.0.0/32')), []);
  assert.deepEqual(unusableOf(subnetOf('fd00::/64')), [0xfdn << 120n]);
  assert.deepEqual(unusableOf(subnetOf('fd00::/127')), []);
});

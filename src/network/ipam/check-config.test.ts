import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkSubnets, type GivenSubnet } from './check-config.ts';

const given = (subnet: string, more: Partial<GivenSubnet> = {}): GivenSubnet => ({
  subnet,
  range: '',
  gateway: '',
  reserved: {},
  ...more,
});
const complaint = (subnet: GivenSubnet, families: (4 | 6)[] = [4]) => checkSubnets([subnet], families);

test('checkSubnets() lets good ones pass', () => {
  assert.equal(
    complaint(given('10.5.0.0/24', { range: '10.5.0.128/25', gateway: '10.5.0.1', reserved: { a: '10.5.0.9' } })),
    undefined,
  );
  assert.equal(checkSubnets([], [4, 6]), undefined);
});

// Recorded from dockerd.
const WORDS: [GivenSubnet, string][] = [
  [given('10.5.0.1/24'), 'invalid subnet 10.5.0.1/24: it should be 10.5.0.0/24'],
  [given('nope'), 'invalid subnet nope: invalid CIDR block notation'],
  [given(''), 'invalid subnet : invalid CIDR block notation'],
  [given('10.5.0.0/33'), 'invalid subnet 10.5.0.0/33: invalid CIDR block notation'],
  [
    given('10.5.0.0/24', { range: '10.5.0.0/16' }),
    'invalid ip-range 10.5.0.0/16: CIDR block is bigger than its parent subnet 10.5.0.0/24',
  ],
  [
    given('10.5.0.0/24', { range: '10.6.0.0/28' }),
    "invalid ip-range 10.6.0.0/28: parent subnet 10.5.0.0/24 doesn't contain ip-range",
  ],
  [given('10.5.0.0/24', { range: 'fd00::/80' }), 'invalid ip-range fd00::/80: parent subnet is an IPv4 block'],
  [given('10.5.0.0/24', { range: 'x' }), 'invalid ip-range x: invalid CIDR block notation'],
  [
    given('10.5.0.0/24', { gateway: '10.6.0.1' }),
    "invalid gateway 10.6.0.1: parent subnet 10.5.0.0/24 doesn't contain this address",
  ],
  [given('10.5.0.0/24', { gateway: 'zz' }), 'invalid gateway zz: invalid address'],
  [given('10.5.0.0/24', { gateway: 'fd00::1' }), 'invalid gateway fd00::1: parent subnet is an IPv4 block'],
  [
    given('10.5.0.0/24', { reserved: { a: '10.6.0.2' } }),
    "invalid auxiliary address a: parent subnet 10.5.0.0/24 doesn't contain this address",
  ],
];

for (const [subnet, words] of WORDS) {
  test(`checkSubnets() says "${words}"`, () => assert.equal(complaint(subnet), `invalid network config:\n${words}`));
}

test('checkSubnets() refuses what would take addresses from the host itself', () => {
  for (const [subnet, what] of [
    ['127.0.0.0/24', 'loopback addresses (127.0.0.0/8)'],
    ['0.0.0.0/0', 'unspecified addresses (0.0.0.0/8)'],
    ['224.1.0.0/16', 'multicast addresses (224.0.0.0/4)'],
  ] as const) {
    assert.equal(complaint(given(subnet)), `invalid network config:\ninvalid subnet ${subnet}: ${what}`);
  }
  assert.match(complaint(given('fe80::/64'), [6]) ?? '', /link-local addresses/);
});

test('checkSubnets() lists several complaints, and leaves out what the network does not use', () => {
  assert.equal(
    complaint(given('10.5.0.1/24', { gateway: 'zz' })),
    'invalid network config:\n* invalid subnet 10.5.0.1/24: it should be 10.5.0.0/24\n* invalid gateway zz: invalid address',
  );
  assert.equal(complaint(given('fd00::1/64'), [4]), undefined);
  assert.notEqual(complaint(given('fd00::1/64'), [4, 6]), undefined);
});

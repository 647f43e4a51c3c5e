import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressOf } from '#base/ip-subnet.ts';
import type { AddressPool } from '../model.ts';
import { lowestFree, poolOf, verdictOn } from './choose-address.ts';

const pool = (subnet: string, more: Partial<AddressPool> = {}): AddressPool => ({
  family: subnet.includes(':') ? 6 : 4,
  subnet,
  reserved: {},
  ...more,
});

test('lowestFree() leaves out ends, gateway, reserved and leased addresses', () => {
  assert.equal(lowestFree(pool('10.0.0.0/24', { gateway: '10.0.0.1' }), new Set()), '10.0.0.2');
  assert.equal(lowestFree(pool('10.0.0.0/24', { gateway: '10.0.0.9' }), new Set()), '10.0.0.1');
  const busy = pool('10.0.0.0/29', { gateway: '10.0.0.1', reserved: { a: '10.0.0.2', b: '10.0.0.4' } });
  assert.equal(lowestFree(busy, new Set(['10.0.0.3', '10.0.0.5'])), '10.0.0.6');
  assert.equal(lowestFree(busy, new Set(['10.0.0.3', '10.0.0.5', '10.0.0.6'])), undefined);
  assert.equal(lowestFree(pool('fd00::/64', { gateway: 'fd00::1' }), new Set(['fd00::2'])), 'fd00::3');
});

test('lowestFree() stays in the range, and knows point to point subnets', () => {
  const ranged = pool('10.0.0.0/24', { range: '10.0.0.128/30', gateway: '10.0.0.1' });
  assert.equal(lowestFree(ranged, new Set()), '10.0.0.128');
  assert.equal(lowestFree(ranged, new Set(['10.0.0.128', '10.0.0.129', '10.0.0.130', '10.0.0.131'])), undefined);
  assert.equal(
    lowestFree(pool('10.0.0.0/24', { range: '10.0.0.252/30' }), new Set(['10.0.0.252', '10.0.0.253', '10.0.0.254'])),
    undefined,
  );
  assert.equal(lowestFree(pool('10.0.0.0/31', { gateway: '10.0.0.0' }), new Set()), '10.0.0.1');
  assert.equal(lowestFree(pool('10.0.0.0/32', { gateway: '10.0.0.0' }), new Set()), undefined);
});

test('verdictOn() tells outside, reserved and taken apart; the range does not bind users', () => {
  const ranged = pool('10.0.0.0/24', {
    range: '10.0.0.128/25',
    gateway: '10.0.0.1',
    reserved: { printer: '10.0.0.7' },
  });
  const verdict = (text: string) => verdictOn(ranged, addressOf(text), new Set(['10.0.0.20']));
  assert.equal(verdict('10.0.0.5'), 'good');
  assert.equal(verdict('10.0.1.5'), 'outside');
  assert.equal(verdict('fd00::5'), 'outside');
  assert.equal(verdict('10.0.0.20'), 'taken');
  for (const text of ['10.0.0.0', '10.0.0.255', '10.0.0.1', '10.0.0.7']) assert.equal(verdict(text), 'reserved', text);
});

test('poolOf() finds the pool of an address', () => {
  const pools = [pool('10.0.0.0/24'), pool('fd00::/64')];
  assert.equal(poolOf(pools, 'fd00::9'), pools[1]);
  assert.equal(poolOf(pools, '10.0.1.1'), undefined);
  assert.equal(poolOf(pools, 'nonsense'), undefined);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressOf } from '#base/ip-subnet.ts';
import { canonicalMac, macOfIpv4, randomMac } from './mac-address.ts';

test('macOfIpv4() is what docker gave such an address', () => {
  assert.equal(macOfIpv4(addressOf('172.17.0.2')), '02:42:ac:11:00:02');
});

test('randomMac() is local and of one interface', () => {
  assert.equal(randomMac(Uint8Array.from([255, 1, 2, 3, 4])), '02:ff:01:02:03:04');
});

test('canonicalMac() reads the three forms of six bytes and nothing else', () => {
  for (const text of ['02:11:22:AA:BB:CC', '02-11-22-aa-bb-cc', '0211.22aa.bbcc']) {
    assert.equal(canonicalMac(text), '02:11:22:aa:bb:cc');
  }
  for (const text of [
    '',
    '02:11:22:aa:bb',
    '02:11:22:aa:bb:cc:dd',
    '02:11:22:aa:bb:cc:dd:ee',
    '2:11:22:aa:bb:cc',
    '02:11:22:aa:bb:gg',
    '02112.2aa.bbcc',
    '02:11:22:aa:bb:cc\n',
  ])
    assert.equal(canonicalMac(text), undefined, text);
});

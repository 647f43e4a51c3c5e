import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFibTrie, parseIpv6Routes, parseNameServers } from './host-routes.ts';

test('parseFibTrie() gives every prefix of every table once, without the default route', () => {
  const text = `Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 192.0.2.0/24 2 0 2
        |-- 192.0.2.0
           /24 link UNICAST
           /32 link BROADCAST
        |-- 192.0.2.2
           /32 host LOCAL
Id 52:
     |-- 100.64.0.0
        /10 universe UNICAST
Local:
     |-- 192.0.2.2
        /32 host LOCAL
`;
  assert.deepEqual(parseFibTrie(text), ['192.0.2.0/24', '192.0.2.0/32', '192.0.2.2/32', '100.64.0.0/10']);
});

test('parseIpv6Routes() reads addresses and lengths, without defaults', () => {
  const rest =
    '00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0';
  const text = `fd000000000000000000000000000000 40 ${rest}\n00000000000000000000000000000000 00 ${rest}\n\n`;
  assert.deepEqual(parseIpv6Routes(text), ['fd00:0000:0000:0000:0000:0000:0000:0000/64']);
});

test('parseNameServers() takes addresses and leaves comments and scopes', () => {
  assert.deepEqual(
    parseNameServers('# nameserver 9.9.9.9\nnameserver 192.0.2.1\n nameserver fe80::1%eth0\nsearch x\n'),
    ['192.0.2.1', 'fe80::1'],
  );
});

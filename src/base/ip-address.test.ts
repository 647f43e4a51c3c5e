import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { test } from 'node:test';
import { canonicalAddress, formatAddress, parseAddress } from './ip-address.ts';

test('parseAddress() reads both families into numbers', () => {
  assert.deepEqual(parseAddress('10.0.0.1'), { family: 4, value: 0x0a000001n });
  assert.deepEqual(parseAddress('255.255.255.255'), { family: 4, value: 0xffff_ffffn });
  assert.deepEqual(parseAddress('::'), { family: 6, value: 0n });
  assert.deepEqual(parseAddress('fd00::1'), { family: 6, value: (0xfdn << 120n) + 1n });
  assert.deepEqual(parseAddress('::ffff:1.2.3.4'), { family: 6, value: 0xffff_0102_0304n });
  assert.deepEqual(parseAddress('1:2:3:4:5:6:7:8')?.value, 0x0001_0002_0003_0004_0005_0006_0007_0008n);
});

const BAD = [
  ...[
    '',
    ' ',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.04',
    '1.2.3.-4',
    '1.2.3.4 ',
    ' 1.2.3.4',
    '1.2.3.4/8',
    '0x1.2.3.4',
  ],
  ...[
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '::1:2:3:4:5:6:7:8',
    '12345::',
    'g::',
    'fe80::1%eth0',
    '[::1]',
    '::1.2.3',
    '1.2.3.4::',
    '::1.2.3.4:5',
  ],
  ...['1:2:3:4:5:6:7:1.2.3.4', 'a'.repeat(100), `${'0:'.repeat(60)}1`, '١.٢.٣.٤', '1.2.3.4\n', '::\u0000'],
];

for (const text of BAD) {
  test(`parseAddress() refuses ${JSON.stringify(text)}`, () => {
    assert.equal(parseAddress(text), undefined);
  });
}

test('canonicalAddress() writes RFC 5952', () => {
  const pairs = [
    ['FD00:0:0:0:0:0:0:1', 'fd00::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['1:0:0:0:0:0:0:0', '1::'],
    ['0:0:0:0:0:FFFF:0102:0304', '::ffff:1.2.3.4'],
    ['::0001', '::1'],
    ['1::2:0:0:3', '1::2:0:0:3'],
    ['10.0.0.1', '10.0.0.1'],
  ];
  for (const [text, wanted] of pairs) assert.equal(canonicalAddress(text!), wanted);
});

test('parseAddress() agrees with the C library on random texts, and formatAddress() is its inverse', () => {
  let seed = 42;
  const random = (limit: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return seed % limit;
  };
  const pick = (list: readonly string[]) => list[random(list.length)]!;
  const PIECES = [
    '',
    ':',
    '::',
    '.',
    '0',
    '1',
    '12',
    '255',
    '256',
    'ff',
    'FFFF',
    'abcd',
    '0000',
    '00000',
    '1.2.3.4',
    'g',
  ];
  let valid = 0;
  for (let i = 0; i < 40_000; i++) {
    const separator = pick([':', ':', '.']);
    const text = Array.from({ length: 1 + random(9) }, () => pick(PIECES)).join(separator);
    const address = parseAddress(text);
    assert.equal(address?.family ?? 0, isIP(text), text);
    if (address === undefined) continue;
    valid++;
    assert.deepEqual(parseAddress(formatAddress(address)), address, text);
  }
  assert.ok(valid > 100, `${valid} valid addresses`);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attribute, nested, numberOf, parseAttributes, text, textOf, u8, u16, u32 } from './attribute.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

test('attribute() pads to four bytes and counts only what is there', () => {
  assert.equal(hex(text(3, 'eth0')), '0900030065746830' + '00000000');
  assert.equal(hex(u8(1, 7)), '0500010007000000');
  assert.equal(hex(u16(2, 0x1234)), '0600020034120000');
  assert.equal(hex(u32(4, 1500)), '08000400dc050000');
  assert.equal(hex(nested(18, u8(1, 1))), '0c001280' + '0500010001000000');
  assert.throws(() => attribute(1, Buffer.alloc(0xfffc)), RangeError);
});

test('parseAttributes() finds what was built, nested ones without their flag', () => {
  const bytes = Buffer.concat([text(3, 'berth0'), u32(4, 1400), nested(18, text(1, 'bridge'))]);
  const found = parseAttributes(bytes);
  assert.equal(textOf(found.get(3)), 'berth0');
  assert.equal(numberOf(found.get(4)), 1400);
  assert.equal(textOf(parseAttributes(found.get(18) ?? Buffer.alloc(0)).get(1)), 'bridge');
  assert.equal(numberOf(Buffer.from([1, 2])), undefined);
});

test('parseAttributes() ends at what is cut off or lies about its length', () => {
  assert.deepEqual([...parseAttributes(Buffer.from('ff000100', 'hex'))], []);
  assert.deepEqual([...parseAttributes(Buffer.from('03000100', 'hex'))], []);
  assert.deepEqual([...parseAttributes(Buffer.from('0000', 'hex'))], []);
  let seed = 1;
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed;
  };
  for (let round = 0; round < 20_000; round++) {
    const bytes = Buffer.from(Array.from({ length: random() % 64 }, () => random() & 255));
    for (const value of parseAttributes(bytes).values()) assert.ok(value.length <= bytes.length);
  }
});

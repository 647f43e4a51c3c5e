import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attribute, u32 } from './attribute.ts';
import { giveAddress, readAddress } from './kept-address.ts';
import { HEADER } from './route-message.ts';

/** RTM_NEWADDR as the kernel writes it. */
function told(flags: number, scope: number): Buffer {
  const header = Buffer.alloc(HEADER + 8);
  header.writeUInt16LE(20, 4);
  header.set([2, 24, 0x80, scope], HEADER);
  header.writeUInt32LE(7, HEADER + 4);
  const address = attribute(1, Buffer.of(10, 0, 0, 1));
  const label = attribute(3, Buffer.from('eth0\0'));
  return Buffer.concat([header, address, attribute(2, Buffer.of(10, 0, 0, 1)), label, u32(8, flags)]);
}

test('readAddress() tells what is to be kept of an address', () => {
  const { parts, ...rest } = readAddress(told(0x80, 0)) ?? assert.fail();
  assert.deepEqual(rest, { device: 7, family: 2, prefix: 24, isPermanent: true, isGlobal: true });
  assert.deepEqual([...parts.keys()], [1, 2]);
  assert.equal(readAddress(told(0x200, 253))?.isPermanent, false, 'the long flags count');
  assert.equal(readAddress(told(0x80, 253))?.isGlobal, false);
  assert.equal(readAddress(told(0x80, 0).subarray(0, 20)), undefined);
});

test('giveAddress() gives the same address to an interface known by name', () => {
  const kept = readAddress(told(0x80, 0)) ?? assert.fail();
  const { bytes, holes } = giveAddress('eth9', kept);
  assert.deepEqual(holes, [{ kind: 'ifindex', offset: HEADER + 4, name: 'eth9' }]);
  const again = readAddress(bytes) ?? assert.fail();
  assert.deepEqual([again.family, again.prefix, again.parts], [kept.family, kept.prefix, kept.parts]);
});

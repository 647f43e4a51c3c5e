import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProbeOutput } from './probe-output.ts';

function frame(text: string): Buffer {
  const header = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

test('ProbeOutput joins frames however they are cut', () => {
  const bytes = Buffer.concat([frame('one '), frame('two')]);
  const output = new ProbeOutput();
  for (const byte of bytes) output.add(Buffer.from([byte]));
  assert.equal(output.toString(), 'one two');
});

test('ProbeOutput keeps 4096 bytes and marks more', () => {
  const output = new ProbeOutput();
  output.add(frame('a'.repeat(4000)));
  output.add(frame('b'.repeat(96)));
  assert.equal(output.toString().length, 4096);
  output.add(frame('c'));
  assert.equal(output.toString(), `${'a'.repeat(4000)}${'b'.repeat(96)}...`);
});

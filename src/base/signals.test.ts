import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLinuxSignal, parseSignal } from './signals.ts';

test('parseSignal() takes numbers, names and SIG names in any case', () => {
  for (const text of ['9', 'KILL', 'SIGKILL', 'sigkill', 'kill']) assert.equal(parseSignal(text), 9, text);
  assert.equal(parseSignal('RTMIN+3'), 37);
  assert.throws(() => parseSignal('99999999999999999999'), { message: 'invalid signal: 99999999999999999999' });
  assert.equal(parseSignal('SIGRTMAX-1'), 63);
});

test('parseSignal() refuses unknown names and zero with docker words', () => {
  for (const text of ['', 'NOPE', '0', 'SIG']) {
    assert.throws(() => parseSignal(text), { kind: 'invalid', message: `invalid signal: ${text}` });
  }
});

test('parseLinuxSignal() refuses numbers above the last real-time signal', () => {
  assert.throws(() => parseLinuxSignal('65'), { message: 'the linux daemon does not support signal 65' });
  assert.equal(parseLinuxSignal('64'), 64);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDetachKeys } from '#base/detach-keys.ts';
import { DetachScanner } from './detach-scanner.ts';

function scan(keys: string, ...chunks: string[]): [string, boolean] {
  const scanner = new DetachScanner(parseDetachKeys(keys));
  let passed = '';
  for (const chunk of chunks) {
    const { pass, detached } = scanner.push(Buffer.from(chunk));
    passed += pass.toString();
    if (detached) return [passed, true];
  }
  return [passed, false];
}

test('DetachScanner.push() finds the keys within and across chunks', () => {
  assert.deepEqual(scan('a,b', 'xaby'), ['x', true]);
  assert.deepEqual(scan('a,b', 'xa', 'by'), ['x', true]);
  assert.deepEqual(scan('a,b,c', 'a', 'b', 'c'), ['', true]);
  assert.deepEqual(scan('a,a,b', 'aa', 'ab'), ['a', true]);
});

test('DetachScanner.push() passes on what turned out not to be the keys', () => {
  assert.deepEqual(scan('a,b', 'xa', 'cy'), ['xacy', false]);
  assert.deepEqual(scan('a,b', 'a', 'a', 'c'), ['aac', false]);
  assert.deepEqual(scan('a,b', 'xa'), ['x', false]);
});

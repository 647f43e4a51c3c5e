import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePreparedKeeper } from './prepared-keeper.ts';

test('parsePreparedKeeper() reads what the launcher says to this process', () => {
  assert.deepEqual(parsePreparedKeeper('5:120:77', 77), { descriptor: 5, pid: 120 });
});

test('parsePreparedKeeper() leaves alone what was said to another process, and what is malformed', () => {
  for (const value of ['5:120:76', '', '5:120', '2:120:77', 'x:120:77', '5:120:77:1', '-5:120:77'])
    assert.equal(parsePreparedKeeper(value, 77), undefined, value);
});

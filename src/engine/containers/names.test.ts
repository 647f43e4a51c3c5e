import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseContainerName, randomName } from './names.ts';

test('randomName() makes valid names and more of them the longer it takes', () => {
  for (let attempt = 0; attempt < 12; attempt++) {
    const name = randomName(attempt);
    assert.equal(parseContainerName(name), name);
    assert.match(name, /^[a-z]+_[a-z]+\d*$/);
  }
});

test('parseContainerName() takes off one slash', () => {
  assert.equal(parseContainerName('/web-1'), 'web-1');
});

test('parseContainerName() refuses what docker refuses, in its words', () => {
  for (const name of ['', 'a', '-x', 'a b', '//ab', 'a/b', 'ä1']) {
    assert.throws(() => parseContainerName(name), {
      kind: 'invalid',
      message: `Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`,
    });
  }
});

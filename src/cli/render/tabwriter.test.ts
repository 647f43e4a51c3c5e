import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alignColumns, displayWidth } from './tabwriter.ts';

const OPTIONS = { minWidth: 5, padding: 2 };

test('alignColumns() gives a column the width of its widest cell', () => {
  assert.equal(alignColumns('a\tb\nlonger cell\tc\n', OPTIONS), 'a            b\nlonger cell  c\n');
});

test('alignColumns() gives a column no less than the minimal width', () => {
  assert.equal(alignColumns('a\tb\nc\td\n', OPTIONS), 'a    b\nc    d\n');
});

test('alignColumns() aligns blocks apart that a line without the column divides', () => {
  assert.equal(alignColumns('aaaaaaaa\tb\nno tab\nc\td\n', OPTIONS), 'aaaaaaaa  b\nno tab\nc    d\n');
});

test('alignColumns() leaves the last cell of a line as it is', () => {
  assert.equal(alignColumns('a\tb\t\nccc\tdddddd\te\n', OPTIONS), 'a    b       \nccc  dddddd  e\n');
});

test('displayWidth() counts wide characters twice and marks not at all', () => {
  assert.equal(displayWidth('abc'), 3);
  assert.equal(displayWidth('日本'), 4);
  assert.equal(displayWidth('é'), 1);
  assert.equal(displayWidth('e\u0301'), 1);
});

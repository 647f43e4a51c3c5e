import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pauseBefore } from './back-off.ts';
import type { HttpResponse } from './exchange.ts';

const answer = (text: string) => ({ headers: { 'retry-after': text } }) as unknown as HttpResponse;

test('pauseBefore() takes what the server asks for, seconds or a date', () => {
  assert.equal(pauseBefore(1, answer('3')), 3000);
  const now = Date.parse('Fri, 27 Nov 2026 10:00:00 GMT');
  assert.equal(pauseBefore(1, answer('Fri, 27 Nov 2026 10:00:10 GMT'), now), 10_000);
  assert.equal(pauseBefore(1, answer('Fri, 27 Nov 2026 09:00:00 GMT'), now), 0);
  assert.equal(pauseBefore(1, answer('3600')), undefined);
});

test('pauseBefore() grows and stays bounded without it', () => {
  for (let tries = 1; tries < 20; tries++) {
    const ms = pauseBefore(tries)!;
    const longest = Math.min(250 * 2 ** (tries - 1), 8000);
    assert.ok(ms >= longest / 2 && ms <= longest, `${tries}: ${ms}`);
  }
  assert.ok(pauseBefore(1, answer('soon'))! <= 250);
});

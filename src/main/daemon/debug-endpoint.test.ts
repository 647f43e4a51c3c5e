import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiResponse } from '#spec/docker-api/exchange.ts';
import { debugging } from './debug-endpoint.ts';

const elsewhere: ApiResponse = { status: 404, headers: {}, body: { kind: 'empty' } };

test('debugging() tells state, profile and heap while it is on, and nothing otherwise', async () => {
  let isOn = false;
  const dispatch = debugging(
    async () => elsewhere,
    () => isOn,
  );
  const get = (path: string, query = {}) => dispatch({ method: 'GET', path, query });
  assert.equal((await get('/debug/vars')).status, 404);
  isOn = true;
  const { body } = await get('/v1.43/debug/vars');
  assert.ok(body.kind === 'json' && (body.value as { uptimeSeconds: number }).uptimeSeconds > 0);
  const profile = (await get('/debug/profile', { seconds: '0.02' })).body;
  assert.ok(profile.kind === 'json' && Array.isArray((profile.value as { nodes: unknown }).nodes));
  assert.equal((await get('/debug/profile', { seconds: 'long' })).status, 400);
  const heap = (await get('/debug/heap')).body;
  assert.ok(heap.kind === 'stream');
  let bytes = 0;
  for await (const chunk of heap.stream) bytes += (chunk as Buffer).length;
  assert.ok(bytes > 10_000);
  assert.equal((await get('/debug/toString')).status, 404);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Metrics } from './metrics.ts';

test('Metrics counts answers by status and by what was asked, however many containers there are', async () => {
  const metrics = new Metrics();
  const dispatch = metrics.counting(async ({ path }) => ({
    status: path.includes('nope') ? 404 : 204,
    headers: {},
    body: { kind: 'empty' },
  }));
  for (const name of ['a', 'b', 'nope']) await dispatch({ method: 'POST', path: `/v1.41/containers/${name}/start` });
  await dispatch({ method: 'GET', path: '/containers/abcdef' });
  await dispatch({ method: 'GET', path: '/whatever' });
  const text = metrics.render({ running: 2 }, '1.0');
  assert.match(text, /engine_daemon_requests_total\{code="404"\} 1\n/);
  assert.match(text, /engine_daemon_request_seconds_count\{action="POST containers start"\} 3\n/);
  assert.match(text, /engine_daemon_request_seconds_count\{action="GET containers"\} 1\n/);
  assert.match(text, /engine_daemon_request_seconds_count\{action="GET other"\} 1\n/);
  assert.match(text, /engine_daemon_container_states_containers\{state="running"\} 2\n/);
});

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
  await dispatch({ method: 'DELETE', path: '/containers/abcdef' });
  for (const name of ['tool', 'other']) await dispatch({ method: 'DELETE', path: `/images/team/${name}` });
  metrics.countHealthCheck(false);
  metrics.countHealthCheck(true);
  metrics.countEvent();
  const labels = { version: '1.0', os: 'the "best"' };
  const text = metrics.render({ labels, cpus: 2, memoryBytes: 1024, states: { running: 2 } });
  assert.match(text, /engine_daemon_engine_info\{version="1.0",os="the \\"best\\""\} 1\n/);
  assert.match(text, /engine_daemon_container_actions_seconds_count\{action="start"\} 3\n/);
  assert.match(text, /engine_daemon_container_actions_seconds_count\{action="delete"\} 1\n/);
  assert.match(text, /engine_daemon_container_actions_seconds_count\{action="commit"\} 0\n/);
  assert.match(text, /engine_daemon_health_checks_total 2\n/);
  assert.match(text, /engine_daemon_health_checks_failed_total 1\n/);
  assert.match(text, /engine_daemon_events_total 1\n/);
  assert.match(text, /engine_daemon_requests_total\{code="404"\} 1\n/);
  assert.match(text, /engine_daemon_request_seconds_count\{action="POST containers start"\} 3\n/);
  assert.match(text, /engine_daemon_request_seconds_count\{action="GET containers"\} 1\n/);
  assert.match(text, /engine_daemon_request_seconds_count\{action="GET other"\} 1\n/);
  assert.match(text, /engine_daemon_request_seconds_count\{action="DELETE images"\} 2\n/);
  assert.match(text, /engine_daemon_container_states_containers\{state="running"\} 2\n/);
});

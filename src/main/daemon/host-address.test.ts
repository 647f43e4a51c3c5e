import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseListenAddress } from './host-address.ts';

test('parseListenAddress() reads where a daemon may listen', () => {
  assert.deepEqual(parseListenAddress('unix:///run/x.sock', false), { kind: 'unix', path: '/run/x.sock' });
  assert.deepEqual(parseListenAddress('fd://', false), { kind: 'activated', name: '*' });
  assert.deepEqual(parseListenAddress('fd://web', false), { kind: 'activated', name: 'web' });
  assert.deepEqual(parseListenAddress('tcp://', false), { kind: 'tcp', host: '127.0.0.1', port: 2375 });
  assert.deepEqual(parseListenAddress('tcp://0.0.0.0', true), { kind: 'tcp', host: '0.0.0.0', port: 2376 });
  assert.deepEqual(parseListenAddress('tcp://[::1]:99', true), { kind: 'tcp', host: '::1', port: 99 });
});

test('parseListenAddress() refuses what cannot be listened on', () => {
  const bad = [
    'x',
    'unix://relative',
    `unix:///${'x'.repeat(107)}`,
    'tcp://a:b',
    'tcp://a:70000',
    'tcp://[a]:1',
    'npipe://x',
  ];
  for (const host of bad) assert.throws(() => parseListenAddress(host, false), { code: 'daemon.host' }, host);
});

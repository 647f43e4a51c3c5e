import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PublishedRange } from '#network/model.ts';
import { changedBindings, withoutPorts } from './change-ports.ts';

const at = (HostPort: string, HostIp = '') => ({ HostIp, HostPort });
const RANGE: PublishedRange = { protocol: 'tcp', hostAddress: '0.0.0.0', hostPort: 8000, containerPort: 80, count: 5 };

test('changedBindings() adds to what is there and removes what is named', () => {
  const before = { '80/tcp': [at('8080'), at('8081')], '90/udp': [at('9090')] };
  assert.deepEqual(changedBindings(before, { add: { '80/tcp': [at('8082')] }, remove: { '80/tcp': [at('8080')] } }), {
    '80/tcp': [at('8081'), at('8082')],
    '90/udp': [at('9090')],
  });
  assert.deepEqual(changedBindings(before, { add: {}, remove: { '80': [at('')] } }), { '90/udp': [at('9090')] });
  assert.deepEqual(changedBindings(before, { add: {}, remove: { '80/tcp': [at('1')], '91/udp': null } }), before);
});

test('withoutPorts() cuts ports out of ranges and leaves the others alone', () => {
  const other: PublishedRange = { ...RANGE, protocol: 'udp' };
  assert.deepEqual(withoutPorts([RANGE, other], { '82/tcp': [at('')] }), [
    { ...RANGE, count: 2 },
    { ...RANGE, hostPort: 8003, containerPort: 83, count: 2 },
    other,
  ]);
  assert.deepEqual(withoutPorts([RANGE], { '82/tcp': [at('8003')] }), [RANGE], 'another port of the host');
  assert.deepEqual(withoutPorts([RANGE], { '80/tcp': [at('8000', '0.0.0.0')] })[0]?.hostPort, 8001);
});

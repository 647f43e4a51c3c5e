import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PortMap } from '#spec/docker-api/containers.ts';
import { wishedPorts } from './wished-ports.ts';

const wishes = (PortBindings: PortMap, PublishAllPorts = false, exposed: string[] = []) =>
  wishedPorts({ PortBindings, PublishAllPorts }, Object.fromEntries(exposed.map((key) => [key, {}])));

const at = (HostPort: string, HostIp = '') => ({ HostIp, HostPort });

test('wishedPorts() reads bindings, sorted by container port', () => {
  assert.deepEqual(wishes({ '443/tcp': [at('8443', '127.0.0.1')], '80': [at('8000-8010')], '53/UDP': [at('')] }), [
    { protocol: 'udp', containerPort: 53, hostIp: '', first: 0, last: 0 },
    { protocol: 'tcp', containerPort: 80, hostIp: '', first: 8000, last: 8010 },
    { protocol: 'tcp', containerPort: 443, hostIp: '127.0.0.1', first: 8443, last: 8443 },
  ]);
});

test('wishedPorts() gives listed ports without binding, and with -P all exposed ones, an ephemeral port', () => {
  const ephemeral = { protocol: 'tcp', hostIp: '', first: 0, last: 0 };
  assert.deepEqual(wishes({ '80/tcp': null, '81/tcp': [] }), [
    { ...ephemeral, containerPort: 80 },
    { ...ephemeral, containerPort: 81 },
  ]);
  assert.deepEqual(wishes({ '80/tcp': [at('8080')] }, true, ['80/tcp', '81/tcp']), [
    { ...ephemeral, containerPort: 80, first: 8080, last: 8080 },
    { ...ephemeral, containerPort: 81 },
  ]);
});

test('wishedPorts() refuses in docker words what is no port', () => {
  for (const key of ['x/tcp', '0/tcp', '65536', '-1/tcp', '80-90/tcp'])
    assert.throws(() => wishes({ [key]: [at('')] }), /^BerthError: invalid port specification: "/, key);
  for (const port of ['x', '65536', '9-8', '1-2-3', '-', '0-5'])
    assert.throws(() => wishes({ '80/tcp': [at(port)] }), { message: `invalid port specification: "${port}"` });
  assert.throws(() => wishes({ '80/icmp': [at('')] }), { message: 'invalid proto: icmp' });
  assert.throws(() => wishes({ '80/tcp': [at('80', '1.2.3')] }), { message: 'invalid IP address: 1.2.3' });
});

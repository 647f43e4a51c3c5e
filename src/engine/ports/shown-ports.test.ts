import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PublishedRange } from '#network/model.ts';
import { portMapOf, portSummariesOf } from './shown-ports.ts';

const RANGES: readonly PublishedRange[] = [
  { protocol: 'tcp', hostAddress: '0.0.0.0', hostPort: 8080, containerPort: 80, count: 2 },
  { protocol: 'tcp', hostAddress: '::', hostPort: 8080, containerPort: 80, count: 1 },
];

test('portMapOf() shows every port, with null for exposed ones that are not published', () => {
  assert.deepEqual(portMapOf(RANGES, { '80/tcp': {}, '53/udp': {} }), {
    '53/udp': null,
    '80/tcp': [
      { HostIp: '0.0.0.0', HostPort: '8080' },
      { HostIp: '::', HostPort: '8080' },
    ],
    '81/tcp': [{ HostIp: '0.0.0.0', HostPort: '8081' }],
  });
  assert.deepEqual(portMapOf([], undefined), {});
});

test('portSummariesOf() lists ports as ps wants them', () => {
  assert.deepEqual(portSummariesOf(RANGES.slice(1), { '53/udp': {}, '80/tcp': {} }), [
    { PrivatePort: 53, Type: 'udp' },
    { IP: '::', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' },
  ]);
});

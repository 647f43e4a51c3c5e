import assert from 'node:assert/strict';
import { test } from 'node:test';
import { displayPorts } from './ports.ts';

const published = (IP: string, PrivatePort: number, PublicPort: number) => ({
  IP,
  PrivatePort,
  PublicPort,
  Type: 'tcp',
});

test('displayPorts() makes ranges of neighbouring ports that keep their number', () => {
  const ports = [80, 81, 82, 90].map((port) => published('0.0.0.0', port, port));
  assert.equal(displayPorts(ports), '0.0.0.0:80-82->80-82/tcp, 0.0.0.0:90->90/tcp');
});

test('displayPorts() puts mapped ports last and IPv6 addresses in brackets', () => {
  const ports = [published('::', 80, 8080), { PrivatePort: 53, Type: 'udp' }];
  assert.equal(displayPorts(ports), '53/udp, [::]:8080->80/tcp');
});

test('displayPorts() says nothing for no ports', () => {
  assert.equal(displayPorts([]), '');
  assert.equal(displayPorts(null), '');
});

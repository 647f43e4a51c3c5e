import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Connection } from '#sys/connections.ts';
import type { Publication } from '../firewall/elements.ts';
import { addressKey } from '../firewall/key.ts';
import { isOutdatedFlow } from './forget-flows.ts';

function flow(source: string, sourcePort: number, destination: string, destinationPort: number) {
  return {
    source: addressKey(source),
    destination: addressKey(destination),
    protocol: 17,
    sourcePort,
    destinationPort,
  };
}

/** A client at port 999 that sent to `to`, and who answers it. */
function connection(to: string, port: number, answers: string, answerPort: number): Connection {
  return {
    original: flow('198.51.100.7', 999, to, port),
    reply: flow(answers, answerPort, '198.51.100.7', 999),
    tuple: Buffer.alloc(0),
  };
}

const OWN = new Set([Buffer.from(addressKey('192.0.2.1')).toString('hex')]);

function publication(hostAddress = '0.0.0.0'): Publication {
  return {
    network: {} as Publication['network'],
    address: '10.0.0.2',
    isOpen: false,
    range: { protocol: 'udp', hostAddress, hostPort: 5000, containerPort: 53, count: 3 },
  };
}

test('isOutdatedFlow() is true for what goes to the host itself or to an earlier container', () => {
  assert.ok(isOutdatedFlow(connection('192.0.2.1', 5001, '192.0.2.1', 5001), publication(), OWN));
  assert.ok(isOutdatedFlow(connection('192.0.2.1', 5001, '10.0.0.9', 54), publication(), OWN));
  assert.ok(isOutdatedFlow(connection('192.0.2.1', 5001, '10.0.0.2', 53), publication(), OWN), 'another port');
});

test('isOutdatedFlow() leaves what is led right, other ports, and what only passes the host', () => {
  assert.ok(!isOutdatedFlow(connection('192.0.2.1', 5001, '10.0.0.2', 54), publication(), OWN));
  assert.ok(!isOutdatedFlow(connection('192.0.2.1', 5003, '192.0.2.1', 5003), publication(), OWN));
  assert.ok(!isOutdatedFlow(connection('8.8.8.8', 5001, '8.8.8.8', 5001), publication(), OWN));
  assert.ok(!isOutdatedFlow(connection('192.0.2.1', 5001, '192.0.2.1', 5001), publication('127.0.0.1'), OWN));
});

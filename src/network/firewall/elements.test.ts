import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BridgeSettings, NetworkDevice, PublishedRange } from '../model.ts';
import { type Member, networkMembers, publicationMembers } from './elements.ts';

const BRIDGE: BridgeSettings = {
  interContainer: true,
  masquerade: { v4: true, v6: true },
  gatewayMode: { v4: 'nat', v6: 'nat' },
  hostBinding: { v4: '', v6: '' },
};

function network(more: Partial<NetworkDevice> = {}, bridge: Partial<BridgeSettings> = {}): NetworkDevice {
  return {
    id: 'a'.repeat(64),
    driver: 'bridge',
    interfaceName: 'br0',
    ownsParent: true,
    mode: '',
    internal: false,
    pools: [
      { family: 4, subnet: '10.9.0.0/24', reserved: {} },
      { family: 6, subnet: 'fd09::/64', reserved: {} },
    ],
    bridge: { ...BRIDGE, ...bridge },
    ...more,
  };
}

const setsOf = (members: readonly Member[]) => [...new Set(members.map(({ set }) => set))].sort();

function publish(range: Partial<PublishedRange>, from = network(), isOpen = false): Member[] {
  const whole = {
    protocol: 'tcp',
    hostAddress: '0.0.0.0',
    hostPort: 8080,
    containerPort: 80,
    count: 1,
    ...range,
  } as const;
  const address = whole.hostAddress.includes(':') ? 'fd09::2' : '10.9.0.2';
  return publicationMembers({ network: from, address, range: whole, isOpen });
}

test('networkMembers() puts a network into the sets that its options ask for', () => {
  assert.deepEqual(setsOf(networkMembers(network(), 4)), ['bridges', 'loops', 'masquerade', 'subnets']);
  assert.deepEqual(setsOf(networkMembers(network({ internal: true }), 4)), ['bridges', 'internal', 'loops', 'subnets']);
  assert.deepEqual(setsOf(networkMembers(network({}, { interContainer: false }), 4)), [
    'apart',
    'bridges',
    'masquerade',
    'subnets',
  ]);
  const routed = network({}, { gatewayMode: { v4: 'routed', v6: 'nat-unprotected' } });
  assert.deepEqual(setsOf(networkMembers(routed, 4)), ['bridges', 'loops', 'routed', 'subnets']);
  assert.deepEqual(setsOf(networkMembers(routed, 6)), ['bridges', 'direct', 'loops', 'masquerade', 'subnets']);
  assert.deepEqual(setsOf(networkMembers(network({}, { masquerade: { v4: false, v6: true } }), 4)), [
    'bridges',
    'loops',
    'subnets',
  ]);
  assert.deepEqual(networkMembers(network({ driver: 'macvlan' }), 4), []);
});

test('networkMembers() leaves the other traffic of a bridge that was there before alone', () => {
  const members = networkMembers(network({ ownsParent: false, internal: true }), 4);
  assert.deepEqual(setsOf(members), ['loops', 'subnets']);
});

test('networkMembers() writes subnets as ranges of addresses with the interface', () => {
  const [subnet] = networkMembers(network(), 4).filter(({ set }) => set === 'subnets');
  const name = `627230${'00'.repeat(13)}`;
  assert.equal(Buffer.from(subnet!.element.key).toString('hex'), `0a090000${name}`);
  assert.equal(Buffer.from(subnet!.element.keyEnd!).toString('hex'), `0a0900ff${name}`);
});

test('publicationMembers() makes one element of a range, with what leads to the container', () => {
  const [access, port] = publish({});
  assert.equal(access?.set, 'guarded');
  assert.equal(port?.set, 'ports');
  assert.equal(Buffer.from(port!.element.key).toString('hex'), '00000000060000001f900000');
  assert.equal(Buffer.from(port!.element.keyEnd!).toString('hex'), 'ffffffff060000001f900000');
  assert.equal(Buffer.from(port!.element.data!).toString('hex'), '0a0900020050000000500000');
  const same = publish({ hostPort: 2000, containerPort: 2000, count: 60_000 });
  assert.deepEqual(setsOf(same), ['guarded', 'ranges']);
  assert.equal(same.length, 2);
  assert.equal(publish({ hostPort: 2000, containerPort: 3000, count: 60_000 }).length, 2);
  assert.equal(publish({ hostAddress: '::' })[1]?.element.key.length, 24);
});

test('publicationMembers() follows the way in: open, routed, none', () => {
  assert.deepEqual(setsOf(publish({}, network(), true)), ['open', 'ports']);
  assert.deepEqual(setsOf(publish({}, network({}, { gatewayMode: { v4: 'routed', v6: 'nat' } }))), ['reachable']);
  assert.deepEqual(publish({}, network({ internal: true })), []);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Endpoint, PublishedRange } from '#network/model.ts';
import { assignPorts, collides, joinRanges, type PlacedWish, placeWishes } from './assign-ports.ts';
import type { WishedPort } from './wished-ports.ts';

const EPHEMERAL = [32_768, 60_999] as const;
const NONE: ReadonlySet<string> = new Set();

function wish(containerPort: number, first: number, last = first, more: Partial<PlacedWish> = {}): PlacedWish {
  return { protocol: 'tcp', containerPort, hostIp: '', first, last, addresses: ['0.0.0.0'], ...more };
}

function range(hostPort: number, containerPort: number, count = 1, more: Partial<PublishedRange> = {}): PublishedRange {
  return { protocol: 'tcp', hostAddress: '0.0.0.0', hostPort, containerPort, count, ...more };
}

function endpoint(families: { readonly v4: boolean; readonly v6: boolean }, binding = { v4: '', v6: '' }): Endpoint {
  return {
    defaultGateway: families,
    network: { driver: 'bridge', bridge: { hostBinding: binding } },
  } as unknown as Endpoint;
}

const plain: WishedPort = { protocol: 'tcp', containerPort: 80, hostIp: '', first: 80, last: 80 };

test('placeWishes() publishes everywhere in the families that the container has', () => {
  const addresses = (...endpoints: Endpoint[]) => placeWishes([plain], endpoints, '').map((each) => each.addresses);
  assert.deepEqual(addresses(endpoint({ v4: true, v6: false })), [['0.0.0.0']]);
  assert.deepEqual(addresses(endpoint({ v4: true, v6: true })), [['0.0.0.0', '::']]);
  assert.deepEqual(addresses(endpoint({ v4: false, v6: true })), [['::']]);
  assert.deepEqual(addresses(), [], 'nowhere without a way in');
});

test('placeWishes() takes the address of the wish, then of the network, then of the root', () => {
  const dual = { v4: true, v6: true };
  const at = (hostIp: string, binding: string, general: string) =>
    placeWishes([{ ...plain, hostIp }], [endpoint(dual, { v4: binding, v6: '' })], general)[0]?.addresses;
  assert.deepEqual(at('192.0.2.1', '127.0.0.1', '127.0.0.2'), ['192.0.2.1']);
  assert.deepEqual(at('', '127.0.0.1', '127.0.0.2'), ['127.0.0.1']);
  assert.deepEqual(at('', '', '127.0.0.2'), ['127.0.0.2']);
  assert.deepEqual(at('', '0.0.0.0', '127.0.0.2'), ['127.0.0.2']);
  assert.deepEqual(at('', '', 'fd00::1'), ['fd00::1']);
  assert.deepEqual(at('0:0::0', '', ''), ['::']);
});

test('placeWishes() refuses an address of a family that the container does not have', () => {
  assert.throws(() => placeWishes([{ ...plain, hostIp: '::1' }], [endpoint({ v4: true, v6: false })], ''), {
    code: 'container.port-family',
    message: 'cannot publish port 80/tcp at ::1: the container has no IPv6 address',
  });
});

test('assignPorts() joins neighbours that lead to neighbours', () => {
  const wishes = [wish(80, 8080), wish(81, 8081), wish(82, 8082), wish(90, 8083)];
  assert.deepEqual(assignPorts(wishes, [], NONE, EPHEMERAL).ranges, [range(8080, 80, 3), range(8083, 90)]);
});

test('assignPorts() refuses ports that are taken, at any address that has them too', () => {
  const taken = [range(8080, 1, 10, { hostAddress: '127.0.0.1' })];
  const message = 'Bind for 0.0.0.0:8085 failed: port is already allocated';
  assert.throws(() => assignPorts([wish(80, 8085)], taken, NONE, EPHEMERAL), { code: 'port.taken', message });
  const elsewhere = wish(80, 8085, 8085, { addresses: ['127.0.0.2'] });
  assert.equal(assignPorts([elsewhere], taken, NONE, EPHEMERAL).ranges.length, 1);
  assert.equal(assignPorts([wish(80, 8085, 8085, { protocol: 'udp' })], taken, NONE, EPHEMERAL).ranges.length, 1);
  assert.equal(assignPorts([wish(80, 8085, 8085, { addresses: ['::'] })], taken, NONE, EPHEMERAL).ranges.length, 1);
});

test('assignPorts() refuses two wishes for one port', () => {
  assert.throws(() => assignPorts([wish(80, 8080), wish(81, 8080)], [], NONE, EPHEMERAL), { code: 'port.taken' });
  const local = wish(81, 8080, 8080, { addresses: ['127.0.0.1'] });
  assert.throws(() => assignPorts([wish(80, 8080), local], [], NONE, EPHEMERAL), { code: 'port.taken' });
});

test('assignPorts() chooses the lowest free port of a range, free at all addresses', () => {
  const taken = [range(8000, 1, 2), range(8002, 1, 1, { hostAddress: '::' })];
  const both = wish(80, 8000, 8010, { addresses: ['0.0.0.0', '::'] });
  assert.deepEqual(assignPorts([both], taken, new Set(['8003/tcp']), EPHEMERAL).ranges, [
    range(8004, 80),
    range(8004, 80, 1, { hostAddress: '::' }),
  ]);
  assert.throws(() => assignPorts([wish(80, 8000, 8001)], taken, NONE, EPHEMERAL), {
    message: 'Bind for 0.0.0.0:8000 failed: port is already allocated',
  });
});

test('assignPorts() gives ephemeral ports in order and runs out of them with an error', () => {
  const wishes = [80, 81, 82].map((port) => wish(port, 0));
  assert.deepEqual(assignPorts(wishes, [], NONE, EPHEMERAL).ranges, [range(32_768, 80, 3)]);
  assert.throws(() => assignPorts(wishes, [], NONE, [40_000, 40_001]), { message: 'all ports are allocated' });
});

test('assignPorts() takes 60,000 ports as one range, and as many apart, in little time', () => {
  const many = Array.from({ length: 60_000 }, (_, i) => wish(2000 + i, 2000 + i));
  assert.deepEqual(assignPorts(many, [], NONE, EPHEMERAL).ranges, [range(2000, 2000, 60_000)]);
  const apart = Array.from({ length: 20_000 }, (_, i) => wish(60_000 - i, 2000 + 2 * i));
  assert.equal(assignPorts(apart, [], NONE, EPHEMERAL).ranges.length, 20_000);
});

test('joinRanges() keeps apart what differs in protocol, address or offset', () => {
  const ranges = [range(80, 80), range(81, 82), range(82, 82, 1, { protocol: 'udp' }), range(82, 83)];
  assert.deepEqual(joinRanges(ranges), [range(80, 80), range(81, 82, 2), range(82, 82, 1, { protocol: 'udp' })]);
});

test('collides() knows that an unspecified address has all of its family', () => {
  assert.ok(collides(range(80, 1), range(80, 1, 1, { hostAddress: '10.0.0.1' })));
  assert.ok(!collides(range(80, 1), range(80, 1, 1, { hostAddress: '::' })));
  assert.ok(!collides(range(80, 1, 2), range(82, 1)));
});

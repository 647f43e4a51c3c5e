import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addAddress, deleteDefaultRoute, replaceDefaultRoute } from './address.ts';
import { numberOf, parseAttributes, textOf } from './attribute.ts';
import {
  askLink,
  closePort,
  createIpvlan,
  createMacvlan,
  createPort,
  createVlan,
  deleteLink,
  IFLA,
  isolatePort,
  LINK_HEADER,
  setUp,
} from './link.ts';
import { readLink } from './read-link.ts';
import { HEADER, type RouteMessage } from './route-message.ts';

const hex = ({ bytes }: RouteMessage) => bytes.toString('hex');
const attributesOf = ({ bytes }: Pick<RouteMessage, 'bytes'>, header = LINK_HEADER) =>
  parseAttributes(bytes.subarray(HEADER + header));
const inner = (bytes: Buffer | undefined) => parseAttributes(bytes ?? Buffer.alloc(0));

/** Type, flags and length as the header has them. */
function head({ bytes }: RouteMessage) {
  assert.equal(bytes.readUInt32LE(0), bytes.length);
  return { type: bytes.readUInt16LE(4), flags: bytes.readUInt16LE(6) };
}

/** Where a hole's four bytes lie: the attribute's header is right before them. */
function attributeBefore({ bytes, holes }: RouteMessage, kind: string): number | undefined {
  const hole = holes.find((one) => one.kind === kind);
  if (hole === undefined) return undefined;
  assert.equal(bytes.readUInt16LE(hole.offset - 4), 8, 'eight bytes with its header');
  assert.equal(bytes.readUInt32LE(hole.offset), 0, 'to be filled in');
  return bytes.readUInt16LE(hole.offset - 2);
}

test('setUp() and deleteLink() are what ip(8) sends', () => {
  // As `ip link set dev lo up` and `ip link delete dev …` with index 7, apart from sequence numbers.
  assert.equal(hex(setUp(1)), '20000000100005000000000000000000' + '00000000010000000100000001000000');
  assert.equal(hex(deleteLink(7)), '20000000110005000000000000000000' + '00000000070000000000000000000000');
});

test('createPort() makes a pair with one end in a bridge and the other with the child', () => {
  const message = createPort({ name: 'veth0', mtu: 1400 }, 'br0', {
    name: 'eth0',
    mtu: 1400,
    macAddress: '02:42:0a:00:00:02',
  });
  assert.deepEqual(head(message), { type: 16, flags: 0x605 });
  assert.equal(message.bytes.readUInt32LE(HEADER + 8), 1, 'up');
  assert.equal(attributeBefore(message, 'ifindex'), IFLA.MASTER);
  assert.equal(attributeBefore(message, 'child-pid'), IFLA.NET_NS_PID);
  const all = attributesOf(message);
  assert.deepEqual([textOf(all.get(IFLA.IFNAME)), numberOf(all.get(IFLA.MTU))], ['veth0', 1400]);
  const info = inner(all.get(IFLA.LINKINFO));
  assert.equal(textOf(info.get(1)), 'veth');
  const end = inner(info.get(2)).get(1) ?? Buffer.alloc(0);
  assert.equal(end.readUInt32LE(8), 0, 'down');
  const peer = parseAttributes(end.subarray(LINK_HEADER));
  assert.equal(textOf(peer.get(IFLA.IFNAME)), 'eth0');
  assert.equal(peer.get(IFLA.ADDRESS)?.toString('hex'), '02420a000002');
});

test('createMacvlan(), createIpvlan() and createVlan() carry mode, flag and id', () => {
  const data = (message: RouteMessage) => {
    const info = inner(attributesOf(message).get(IFLA.LINKINFO));
    return { kind: textOf(info.get(1)), data: inner(info.get(2)) };
  };
  for (const [mode, number] of [
    ['private', 1],
    ['vepa', 2],
    ['bridge', 4],
    ['passthru', 8],
  ] as const) {
    const message = createMacvlan({ name: 'eth0' }, 'p0', mode);
    assert.equal(data(message).kind, 'macvlan');
    assert.equal(numberOf(data(message).data.get(1)), number);
    assert.equal(attributeBefore(message, 'ifindex'), IFLA.LINK);
    assert.equal(attributeBefore(message, 'child-pid'), IFLA.NET_NS_PID);
  }
  const ipvlan = data(createIpvlan({ name: 'eth0' }, 'p0', 'l3s', 'vepa'));
  assert.deepEqual(
    [ipvlan.kind, ipvlan.data.get(1)?.toString('hex'), ipvlan.data.get(2)?.toString('hex')],
    ['ipvlan', '0200', '0200'],
  );
  const vlan = data(createVlan({ name: 'p0.50' }, 3, 50));
  assert.deepEqual([vlan.kind, vlan.data.get(1)?.toString('hex')], ['vlan', '3200']);
});

test('isolatePort() and closePort() speak to the bridge about one of its ports', () => {
  for (const message of [isolatePort('veth0'), closePort('veth0')]) {
    assert.equal(message.bytes.readUInt8(HEADER), 7, 'AF_BRIDGE');
    assert.deepEqual(message.holes, [{ kind: 'ifindex', offset: HEADER + 4, name: 'veth0' }]);
  }
  const flags = (message: RouteMessage) => [...inner(attributesOf(message).get(IFLA.PROTINFO)).keys()];
  assert.deepEqual(flags(isolatePort(1)), [33]);
  assert.deepEqual(flags(closePort(1)), [1, 26]);
});

test('addAddress() has a broadcast address for IPv4, and no search for duplicates for IPv6', () => {
  const v4 = addAddress('eth0', { family: 4, bytes: Buffer.from([172, 17, 4, 2]), prefix: 22 });
  assert.deepEqual(v4.holes, [{ kind: 'ifindex', offset: HEADER + 4, name: 'eth0' }]);
  assert.deepEqual([...v4.bytes.subarray(HEADER, HEADER + 4)], [2, 22, 0, 0]);
  assert.deepEqual([...(attributesOf(v4, 8).get(4) ?? [])], [172, 17, 7, 255]);
  assert.equal(
    attributesOf(addAddress(3, { family: 4, bytes: Buffer.from([10, 0, 0, 1]), prefix: 32 }), 8).has(4),
    false,
  );
  const v6 = addAddress(3, { family: 6, bytes: Buffer.alloc(16, 1), prefix: 64 });
  assert.deepEqual([...v6.bytes.subarray(HEADER, HEADER + 8)], [10, 64, 2, 0, 3, 0, 0, 0]);
});

test('replaceDefaultRoute() goes by a gateway or straight out of the interface', () => {
  const by = replaceDefaultRoute('eth0', 4, Buffer.from([172, 17, 4, 1]));
  assert.deepEqual(head(by), { type: 24, flags: 0x505 });
  assert.deepEqual([...(attributesOf(by, 12).get(5) ?? [])], [172, 17, 4, 1]);
  assert.equal(attributeBefore(by, 'ifindex'), 4);
  const out = replaceDefaultRoute(2, 4, undefined);
  assert.equal(out.bytes.readUInt8(HEADER + 6), 253, 'scope link');
  assert.equal(attributesOf(out, 12).has(5), false);
  assert.deepEqual(head(deleteDefaultRoute(2, 6)), { type: 25, flags: 0x5 });
});

test('askLink() asks for an answer only, and readLink() reads it', () => {
  assert.equal(askLink('lo').readUInt16LE(6), 0x1);
  const answer = createPort({ name: 'veth0', mtu: 1400, macAddress: '02:00:00:00:00:01' }, 9, { name: 'eth0' }).bytes;
  assert.deepEqual(readLink(answer), {
    index: 0,
    name: 'veth0',
    kind: 'veth',
    isUp: true,
    mtu: 1400,
    macAddress: '02:00:00:00:00:01',
    master: 9,
    largestBurst: undefined,
  });
  assert.equal(readLink(answer.subarray(0, 20)), undefined);
  assert.equal(readLink(addAddress(1, { family: 6, bytes: Buffer.alloc(16), prefix: 64 }).bytes), undefined);
});

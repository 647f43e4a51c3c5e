import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PlanOp } from '#sys/keeper/plan.ts';
import { u32 } from '#sys/netlink/attribute.ts';
import type { Endpoint, NetworkDevice } from '../model.ts';
import { LARGEST_BURST } from './bursts.ts';
import { endpointOps } from './endpoint-ops.ts';
import { joinPlan, leavePlan } from './live-plan.ts';

const ID = 'ab'.repeat(32);

const NETWORK: NetworkDevice = {
  id: ID,
  driver: 'bridge',
  interfaceName: 'br0',
  ownsParent: true,
  mode: '',
  internal: false,
  pools: [
    { family: 4, subnet: '172.17.4.0/22', gateway: '172.17.4.1', reserved: {} },
    { family: 6, subnet: 'fd00::/64', gateway: 'fd00::1', reserved: {} },
  ],
  bridge: {
    interContainer: true,
    masquerade: { v4: true, v6: true },
    gatewayMode: { v4: 'nat', v6: 'nat' },
    hostBinding: { v4: '', v6: '' },
  },
};

const ENDPOINT: Endpoint = {
  id: ID,
  containerId: ID,
  network: NETWORK,
  interfaceName: 'eth0',
  hostInterfaceName: 'veth0',
  macAddress: '02:42:ac:11:04:02',
  ipv4: '172.17.4.2',
  defaultGateway: { v4: true, v6: false },
  sysctls: {},
};

const TARGET = { pid: 42, startTime: 7n, runDir: '/run' };

/** Kernel settings that the ops write, with the value. */
function settings(ops: readonly PlanOp[]): string[] {
  return ops.flatMap((op) =>
    op.op === 'write' ? [`${op.at.path.slice('/proc/sys/net/'.length)}=${String(op.data)}`] : [],
  );
}

/** Types of the messages of all netlink ops. */
function types(ops: readonly PlanOp[]): number[] {
  return ops.flatMap((op) =>
    op.op === 'netlink' ? op.messages.map(({ bytes }) => Buffer.from(bytes).readUInt16LE(4)) : [],
  );
}

const [NEWLINK, DELLINK, GETLINK, SETLINK, NEWADDR, NEWROUTE] = [16, 17, 18, 19, 20, 24];

test('endpointOps() of a bridge makes a port, gives address and way out, and closes the port at the end', () => {
  const { outside, inside, settle, announce, cleanup } = endpointOps(ENDPOINT);
  assert.deepEqual(types(outside), [NEWLINK, NEWLINK]);
  assert.deepEqual(types(inside), [NEWADDR, NEWLINK, NEWROUTE]);
  assert.deepEqual(settings(inside), ['ipv4/conf/eth0/arp_notify=1', 'ipv6/conf/eth0/disable_ipv6=1']);
  assert.deepEqual(types(cleanup), [SETLINK]);
  assert.deepEqual([...types(settle), ...types(announce)], [GETLINK, NEWLINK]);
  assert.equal(inside.at(-1)?.about, 'give eth0 172.17.4.2, way out by 172.17.4.1');
});

test('endpointOps() leaves IPv6 on where there is an address, and believes no advertisement on a bridge', () => {
  const { inside } = endpointOps({ ...ENDPOINT, ipv6: 'fd00::2', defaultGateway: { v4: true, v6: true } });
  assert.deepEqual(types(inside), [NEWADDR, NEWADDR, NEWLINK, NEWROUTE, NEWROUTE]);
  assert.deepEqual(settings(inside), [
    'ipv4/conf/eth0/arp_notify=1',
    'ipv6/conf/eth0/ndisc_notify=1',
    'ipv6/conf/eth0/accept_ra=0',
  ]);
});

test('endpointOps() lets more through at once where nothing leads to hardware', () => {
  const burst = u32(63, LARGEST_BURST);
  const bursts = (network: typeof NETWORK) =>
    endpointOps({ ...ENDPOINT, network }).outside.map((op) =>
      op.op === 'netlink'
        ? op.messages.map(({ bytes }) => Buffer.from(bytes).toString('hex').split(burst.toString('hex')).length - 1)
        : [],
    );
  assert.deepEqual(bursts(NETWORK), [[1], [1]], 'the port, then the bridge');
  assert.deepEqual(bursts({ ...NETWORK, internal: true }), [[2], [1]], 'the container, too');
  assert.deepEqual(bursts({ ...NETWORK, ownsParent: false }), [[1]], 'a bridge of others is left alone');
});

test('endpointOps() isolates the port where containers are not to reach each other', () => {
  const network = { ...NETWORK, bridge: { ...NETWORK.bridge, interContainer: false } };
  assert.deepEqual(types(endpointOps({ ...ENDPOINT, network }).outside), [NEWLINK, SETLINK, NEWLINK]);
});

test('endpointOps() of an endpoint that is not the way out sets no route', () => {
  const { inside } = endpointOps({ ...ENDPOINT, defaultGateway: { v4: false, v6: false } });
  assert.deepEqual(types(inside), [NEWADDR, NEWLINK]);
});

test('endpointOps() of macvlan and ipvlan makes no port, and l3 goes out without a gateway', () => {
  const network: NetworkDevice = { ...NETWORK, driver: 'macvlan', mode: 'bridge', interfaceName: 'p0' };
  const macvlan = endpointOps({ ...ENDPOINT, network, hostInterfaceName: '' });
  assert.deepEqual([types(macvlan.outside), macvlan.cleanup], [[NEWLINK], []]);
  const l3 = endpointOps({ ...ENDPOINT, network: { ...network, driver: 'ipvlan', mode: 'l3' }, macAddress: '' });
  assert.equal(l3.inside.at(-1)?.about, 'give eth0 172.17.4.2, way out by the interface itself');
});

test('endpointOps() writes the settings of the user last', () => {
  const { inside } = endpointOps({ ...ENDPOINT, sysctls: { 'net.ipv4.conf.eth0.log_martians': '1' } });
  assert.equal(settings(inside).at(-1), 'ipv4/conf/eth0/log_martians=1');
  assert.equal(inside.at(-1)?.op, 'write');
  const dotted = { ...ENDPOINT, interfaceName: 'up.5', sysctls: { 'net.ipv4.conf.up.5.log_martians': '1' } };
  assert.equal(settings(endpointOps(dotted).inside).at(-1), 'ipv4/conf/up.5/log_martians=1');
});

test('joinPlan() makes the interface only when its process is in the namespace of the container', () => {
  const { ops } = joinPlan(TARGET, ENDPOINT, []);
  const names = ops.map(({ side, op }) => `${side} ${op}`);
  assert.ok(names.indexOf('parent wait') < names.indexOf('parent netlink'));
  assert.ok(names.indexOf('child join-namespaces') < names.indexOf('child post'));
  assert.ok(names.indexOf('child wait') < names.indexOf('child netlink'));
  assert.deepEqual(ops[0], { side: 'before', op: 'open-process', slot: 0, pid: 42, startTime: 7n });
});

test('leavePlan() removes the interface and gives the others their routes', () => {
  assert.deepEqual(types(leavePlan(TARGET, ENDPOINT, []).ops), [DELLINK]);
  const rest = { ...ENDPOINT, interfaceName: 'eth1' };
  assert.deepEqual(types(leavePlan(TARGET, ENDPOINT, [rest]).ops), [DELLINK, NEWROUTE]);
});

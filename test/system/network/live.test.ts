import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openEngineFixture } from '../../lib/engine-fixture.ts';
import { ask, openOutsideHost, servePorts } from '../../lib/outside-host.ts';
import {
  defaultGateways,
  interfacesOf,
  ip,
  makeNetwork,
  namespaceOf,
  networksOf,
  nsenter,
  pidOf,
  placeOf,
  startOn,
} from './network-fixture.ts';

test('a running container joins a network and leaves it, with addresses and way out', async () => {
  await using fixture = await openEngineFixture();
  const { containers } = fixture.core;
  const networks = networksOf(fixture);
  const [first, second] = [
    await makeNetwork(fixture, { Name: 'a' }),
    await makeNetwork(fixture, { Name: 'b', EnableIPv6: true }),
  ];
  const { Id } = await startOn(fixture, 'a');
  const neighbour = await startOn(fixture, 'b');
  await using _server = await servePorts(pidOf(neighbour), [80]);
  await networks.connect('b', { Container: Id });
  const both = await containers.inspect(Id);
  assert.deepEqual([...interfacesOf(both).keys()], ['eth0', 'eth1']);
  const { IPAddress } = placeOf(neighbour, 'b');
  assert.equal(await ask(namespaceOf(both), 'tcp', IPAddress, 80), `tcp ${placeOf(both, 'b').IPAddress} 80`);
  assert.deepEqual(defaultGateways(both, 6), [second.gateways[1]]);
  await assert.rejects(networks.connect('b', { Container: Id }), /already exists in network b/);
  await networks.disconnect('a', { Container: Id });
  const moved = await containers.inspect(Id);
  assert.deepEqual([...interfacesOf(moved).keys()], ['eth1']);
  assert.deepEqual(defaultGateways(moved, 4), [second.gateways[0]]);
  await networks.connect('a', { Container: Id });
  await networks.disconnect('b', { Container: Id });
  const back = await containers.inspect(Id);
  assert.deepEqual(Object.keys(back.NetworkSettings.Networks), ['a']);
  assert.deepEqual([defaultGateways(back, 4), defaultGateways(back, 6)], [first.gateways, []]);
});

test('a container in several networks starts with an interface in each, and goes out by the one of highest priority', async () => {
  await using fixture = await openEngineFixture();
  await makeNetwork(fixture, { Name: 'a' });
  const { gateways } = await makeNetwork(fixture, { Name: 'b' });
  const container = await startOn(fixture, 'a', {
    NetworkingConfig: { EndpointsConfig: { a: {}, b: { GwPriority: 5 } } },
  });
  assert.deepEqual([...interfacesOf(container).keys()], ['eth0', 'eth1']);
  assert.deepEqual(defaultGateways(container, 4), gateways);
  await fixture.core.containers.restart(container.Id, { timeout: 0 });
  const again = await fixture.core.containers.inspect(container.Id);
  assert.deepEqual([...interfacesOf(again).keys()], ['eth0', 'eth1']);
});

test('a bridge that somebody removed is made again by the next start and the next connect', async () => {
  await using fixture = await openEngineFixture();
  const { interfaceName } = await makeNetwork(fixture, { Name: 'gone' });
  const other = await startOn(fixture, 'bridge');
  ip(undefined, 'link', 'delete', interfaceName);
  await networksOf(fixture).connect('gone', { Container: other.Id });
  ip(undefined, 'link', 'delete', interfaceName);
  const container = await startOn(fixture, 'gone');
  const { Gateway } = placeOf(container, 'gone');
  assert.match(ip(undefined, 'address', 'show', interfaceName), new RegExp(`inet ${Gateway}/`));
  assert.deepEqual(defaultGateways(container, 4), [Gateway]);
});

test('size of packets, names and settings of an interface are as asked for', async () => {
  await using fixture = await openEngineFixture();
  await makeNetwork(fixture, { Name: 'small', Options: { 'com.docker.network.driver.mtu': '1300' } });
  const options = {
    'com.docker.network.endpoint.ifname': 'uplink0',
    'com.docker.network.endpoint.sysctls': 'net.ipv4.conf.IFNAME.log_martians=1',
  };
  const wished = { DriverOpts: options, MacAddress: '02:42:aa:bb:cc:dd' };
  const container = await startOn(fixture, 'small', { NetworkingConfig: { EndpointsConfig: { small: wished } } });
  const link = interfacesOf(container).get('uplink0');
  assert.deepEqual([link?.mtu, link?.address], [1300, '02:42:aa:bb:cc:dd']);
  const shown = nsenter(container, 'sysctl', '-n', 'net.ipv4.conf.uplink0.log_martians');
  assert.equal(shown.trim(), '1');
});

test('what a container says about new interfaces counts for its own', async () => {
  await using fixture = await openEngineFixture();
  const Sysctls = { 'net.ipv4.conf.default.rp_filter': '2', 'net.ipv4.conf.eth0.log_martians': '1' };
  const container = await startOn(fixture, 'bridge', { HostConfig: { Sysctls } });
  const names = ['net.ipv4.conf.eth0.rp_filter', 'net.ipv4.conf.eth0.log_martians'];
  assert.equal(nsenter(container, 'sysctl', '-n', ...names), '2\n1\n');
});

test('a container whose network is disabled has a loopback device only', async () => {
  await using fixture = await openEngineFixture();
  const container = await startOn(fixture, 'bridge', { NetworkDisabled: true });
  assert.deepEqual([...interfacesOf(container).keys()], []);
});

test('a container that joins another one has its interfaces', async () => {
  await using fixture = await openEngineFixture();
  const owner = await startOn(fixture, 'bridge');
  const guest = await startOn(fixture, `container:${owner.Id}`);
  assert.deepEqual(interfacesOf(guest), interfacesOf(owner));
  await assert.rejects(networksOf(fixture).connect('bridge', { Container: guest.Id }), /sharing network namespace/);
});

test('another runtime starts inside the container network', async () => {
  await using fixture = await openEngineFixture();
  await makeNetwork(fixture, { Name: 'n' });
  const container = await startOn(fixture, 'n', { HostConfig: { Runtime: 'runc' } });
  const { IPAddress, Gateway } = placeOf(container, 'n');
  assert.equal(interfacesOf(container).get('eth0')?.addr_info[0]?.local, IPAddress);
  assert.deepEqual(defaultGateways(container, 4), [Gateway]);
  assert.equal(nsenter(container, 'sysctl', '-n', 'net.ipv4.ip_unprivileged_port_start').trim(), '0');
});

test('published ports follow a container to the network that becomes its way out', async () => {
  await using fixture = await openEngineFixture();
  await using outside = openOutsideHost();
  const networks = networksOf(fixture);
  await makeNetwork(fixture, { Name: 'next' });
  const port = 8000 + (process.pid % 900);
  const PortBindings = { '80/tcp': [{ HostIp: '', HostPort: String(port) }] };
  const container = await startOn(fixture, 'bridge', { HostConfig: { PortBindings } });
  await using _server = await servePorts(pidOf(container), [80]);
  const reached = () => ask(outside.namespace, 'tcp', outside.inside.v4, port);
  assert.equal(await reached(), `tcp ${outside.outside.v4} 80`);
  await networks.connect('next', { Container: container.Id, EndpointConfig: { GwPriority: 1 } });
  assert.equal(await reached(), `tcp ${outside.outside.v4} 80`);
  await networks.disconnect('bridge', { Container: container.Id });
  assert.equal(await reached(), `tcp ${outside.outside.v4} 80`);
  await fixture.core.containers.stop(container.Id, { timeout: 0 });
  assert.match(await reached(), /^refused$/);
});

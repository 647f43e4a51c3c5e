import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { openEngineFixture } from '../../lib/engine-fixture.ts';
import { ask, openOutsideHost, servePorts } from '../../lib/outside-host.ts';
import {
  defaultGateways,
  interfacesOf,
  ip,
  makeNetwork,
  namespaceOf,
  pidOf,
  placeOf,
  startOn,
} from './network-fixture.ts';

/** A port of the host's that no other run of these tests uses. */
const PORT = 9000 + (process.pid % 900);

test('containers of the default bridge reach each other, the host by its address there, and the outside behind the host', async () => {
  await using fixture = await openEngineFixture();
  await using outside = openOutsideHost();
  const [a, b] = [await startOn(fixture, 'bridge'), await startOn(fixture, 'bridge')];
  await using _neighbour = await servePorts(pidOf(b), [80]);
  await using _host = await servePorts(process.pid, [PORT]);
  await using _outside = await servePorts(outside.namespace, [80]);
  const [own, other] = [placeOf(a, 'bridge'), placeOf(b, 'bridge')];
  assert.equal(await ask(namespaceOf(a), 'tcp', other.IPAddress, 80), `tcp ${own.IPAddress} 80`);
  assert.equal(await ask(namespaceOf(a), 'udp', own.Gateway, PORT), `udp ${own.IPAddress} ${PORT}`);
  assert.equal(await ask(namespaceOf(a), 'tcp', outside.outside.v4, 80), `tcp ${outside.inside.v4} 80`);
  assert.equal(await ask(undefined, 'tcp', other.IPAddress, 80), `tcp ${own.Gateway} 80`);
  const [eth0] = interfacesOf(a).values();
  assert.deepEqual([eth0?.ifname, eth0?.address, eth0?.mtu], ['eth0', own.MacAddress, 1500]);
  assert.deepEqual(
    eth0?.addr_info.map(({ local, prefixlen }) => `${local}/${prefixlen}`),
    [`${own.IPAddress}/${own.IPPrefixLen}`],
    'no address of a family that the network does not have',
  );
});

test('a network with IPv6 works at once, and leads outside behind the host', async () => {
  await using fixture = await openEngineFixture();
  await using outside = openOutsideHost();
  const { gateways } = await makeNetwork(fixture, { Name: 'both', EnableIPv6: true });
  const [a, b] = [await startOn(fixture, 'both'), await startOn(fixture, 'both')];
  await using _neighbour = await servePorts(pidOf(b), [80]);
  await using _outside = await servePorts(outside.namespace, [80]);
  const [own, other] = [placeOf(a, 'both'), placeOf(b, 'both')];
  const addresses = interfacesOf(a).get('eth0')?.addr_info ?? [];
  const global = addresses.find(({ local }) => local === own.GlobalIPv6Address);
  assert.deepEqual([global?.prefixlen, global?.tentative], [64, undefined]);
  assert.equal(await ask(namespaceOf(a), 'tcp', other.GlobalIPv6Address, 80), `tcp ${own.GlobalIPv6Address} 80`);
  assert.equal(await ask(namespaceOf(a), 'tcp', outside.outside.v6, 80), `tcp ${outside.inside.v6} 80`);
  assert.deepEqual([...defaultGateways(a, 4), ...defaultGateways(a, 6)], gateways);
});

test('containers of different networks do not reach each other, and on one without icc only the host', async () => {
  await using fixture = await openEngineFixture();
  await makeNetwork(fixture, { Name: 'one' });
  await makeNetwork(fixture, { Name: 'apart', Options: { 'com.docker.network.bridge.enable_icc': 'false' } });
  const a = await startOn(fixture, 'one');
  const [b, c] = [await startOn(fixture, 'apart'), await startOn(fixture, 'apart')];
  await using _server = await servePorts(pidOf(b), [80]);
  await using _host = await servePorts(process.pid, [PORT]);
  const target = placeOf(b, 'apart').IPAddress;
  const [fromOther, fromSame] = await Promise.all([
    ask(namespaceOf(a), 'tcp', target, 80, 'none'),
    ask(namespaceOf(c), 'tcp', target, 80, 'none'),
  ]);
  assert.match(fromOther, /^(nothing|refused)$/);
  assert.match(fromSame, /^(nothing|refused)$/);
  const { Gateway, IPAddress } = placeOf(c, 'apart');
  assert.equal(await ask(namespaceOf(c), 'tcp', Gateway, PORT), `tcp ${IPAddress} ${PORT}`);
});

test('containers of a macvlan network are on the network of its parent interface', async () => {
  await using fixture = await openEngineFixture();
  await using outside = openOutsideHost();
  const { gateways, subnets } = await makeNetwork(fixture, {
    Name: 'lan',
    Driver: 'macvlan',
    Options: { parent: outside.device },
  });
  const prefix = subnets[0]?.subnet.split('/')[1];
  execFileSync('nsenter', [
    `--net=${outside.namespace}`,
    'ip',
    'address',
    'add',
    `${gateways[0]}/${prefix}`,
    'dev',
    'eth0',
  ]);
  const [a, b] = [await startOn(fixture, 'lan'), await startOn(fixture, 'lan')];
  await using _neighbour = await servePorts(pidOf(b), [80]);
  await using _router = await servePorts(outside.namespace, [80]);
  const [own, other] = [placeOf(a, 'lan'), placeOf(b, 'lan')];
  assert.equal(await ask(namespaceOf(a), 'tcp', other.IPAddress, 80), `tcp ${own.IPAddress} 80`);
  assert.equal(await ask(namespaceOf(a), 'tcp', gateways[0] ?? '', 80), `tcp ${own.IPAddress} 80`);
  assert.equal(interfacesOf(a).get('eth0')?.address, own.MacAddress);
  assert.deepEqual(defaultGateways(a, 4), gateways);
});

test('an internal macvlan network connects its containers without any interface of the host', async () => {
  await using fixture = await openEngineFixture();
  await makeNetwork(fixture, { Name: 'inner', Driver: 'macvlan', Internal: true });
  const [a, b] = [await startOn(fixture, 'inner'), await startOn(fixture, 'inner')];
  await using _server = await servePorts(pidOf(b), [80]);
  const { IPAddress } = placeOf(a, 'inner');
  assert.equal(await ask(namespaceOf(a), 'tcp', placeOf(b, 'inner').IPAddress, 80), `tcp ${IPAddress} 80`);
  assert.deepEqual(defaultGateways(a, 4), []);
});

test('who takes over an address with another MAC address is found at once by who knew its old one', async () => {
  await using fixture = await openEngineFixture();
  const { containers } = fixture.core;
  await makeNetwork(fixture, { Name: 'known' });
  const client = await startOn(fixture, 'known');
  const before = await startOn(fixture, 'known');
  const { IPAddress } = placeOf(before, 'known');
  {
    await using _server = await servePorts(pidOf(before), [80]);
    assert.match(await ask(namespaceOf(client), 'tcp', IPAddress, 80), /^tcp/);
  }
  await containers.remove(before.Id, { force: true });
  const after = await startOn(fixture, 'known', { MacAddress: '02:00:5e:10:00:01' });
  assert.equal(placeOf(after, 'known').IPAddress, IPAddress);
  const neighbours = JSON.parse(ip(client, '-json', 'neighbour', 'show', IPAddress)) as { lladdr?: string }[];
  assert.deepEqual(
    neighbours.map(({ lladdr }) => lladdr),
    ['02:00:5e:10:00:01'],
  );
});

/** Networks on an interface of the host: ipvlan, macvlan and VLANs, as far as the kernel has them. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import type { ContainerInspect } from '#spec/docker-api/containers.ts';
import { type EngineFixture, openEngineFixture } from '../../lib/engine-fixture.ts';
import { ask, type OutsideHost, openOutsideHost, servePorts } from '../../lib/outside-host.ts';
import {
  defaultGateways,
  interfacesOf,
  ip,
  makeNetwork,
  namespaceOf,
  networksOf,
  pidOf,
  placeOf,
  startOn,
} from './network-fixture.ts';

/** Why a test about a kind of interface is skipped: this kernel has none. */
function lacking(kind: string, ...words: string[]): string | false {
  const name = `k${process.pid}${kind.slice(0, 1)}`;
  ip(undefined, 'link', 'add', name, 'type', 'veth', 'peer', 'name', `${name}p`);
  try {
    ip(undefined, 'link', 'add', 'link', name, 'name', `${name}x`, 'type', kind, ...words);
    return false;
  } catch {
    return `the kernel has no ${kind} interfaces`;
  } finally {
    ip(undefined, 'link', 'delete', name);
  }
}

const noIpvlan = lacking('ipvlan', 'mode', 'l2');
const noVlan = lacking('vlan', 'id', '9');

interface Details {
  readonly info_kind: string;
  readonly info_data: { readonly id?: number; readonly mode?: string; readonly flags?: readonly string[] };
}

/** Kind and mode of an interface, in a container or on this machine. */
function detailsOf(container: ContainerInspect | undefined, name = 'eth0'): Details {
  const [link] = JSON.parse(ip(container, '-details', '-json', 'link', 'show', name)) as { linkinfo: Details }[];
  assert.ok(link);
  return link.linkinfo;
}

/** Runs ip(8) on the other machine. */
function ipOutside(outside: OutsideHost, ...words: string[]): void {
  execFileSync('nsenter', [`--net=${outside.namespace}`, 'ip', ...words]);
}

/** A network on the link to the other machine, which gets the gateway's address on one of its interfaces. */
async function makeLan(
  fixture: EngineFixture,
  outside: OutsideHost,
  Driver: string,
  Options: Record<string, string>,
  routerDevice = 'eth0',
) {
  const made = await makeNetwork(fixture, { Name: 'lan', Driver, Options: { parent: outside.device, ...Options } });
  const prefix = made.subnets[0]?.subnet.split('/')[1];
  const [gateway = ''] = made.gateways;
  if (gateway !== '') ipOutside(outside, 'address', 'add', `${gateway}/${prefix}`, 'dev', routerDevice);
  return { ...made, gateway };
}

test("containers of an ipvlan network have the parent's MAC address and are on its network", {
  skip: noIpvlan,
}, async () => {
  await using fixture = await openEngineFixture();
  await using outside = openOutsideHost();
  const { gateway } = await makeLan(fixture, outside, 'ipvlan', {});
  const [a, b] = [await startOn(fixture, 'lan'), await startOn(fixture, 'lan')];
  await using _neighbour = await servePorts(pidOf(b), [80]);
  await using _router = await servePorts(outside.namespace, [80]);
  const [own, other] = [placeOf(a, 'lan'), placeOf(b, 'lan')];
  assert.equal(await ask(namespaceOf(a), 'tcp', other.IPAddress, 80), `tcp ${own.IPAddress} 80`);
  assert.equal(await ask(namespaceOf(a), 'udp', gateway, 80), `udp ${own.IPAddress} 80`);
  const { info_kind, info_data } = detailsOf(a);
  assert.deepEqual([info_kind, info_data.mode], ['ipvlan', 'l2']);
  const [parent] = JSON.parse(ip(undefined, '-json', 'link', 'show', outside.device)) as { address: string }[];
  assert.equal(interfacesOf(a).get('eth0')?.address, parent?.address);
  assert.deepEqual(defaultGateways(a, 4), [gateway]);
});

for (const mode of ['l3', 'l3s']) {
  test(`containers of an ipvlan network in mode ${mode} are routed by the parent, also between its subnets`, {
    skip: noIpvlan,
  }, async () => {
    await using fixture = await openEngineFixture();
    await using outside = openOutsideHost();
    const { subnets } = await makeLan(fixture, outside, 'ipvlan', { ipvlan_mode: mode });
    const [subnet = ''] = subnets.map((pool) => pool.subnet);
    ipOutside(outside, 'route', 'add', subnet, 'via', outside.inside.v4);
    const [a, b] = [await startOn(fixture, 'lan'), await startOn(fixture, 'lan')];
    await using _neighbour = await servePorts(pidOf(b), [80]);
    await using _router = await servePorts(outside.namespace, [80]);
    const [own, other] = [placeOf(a, 'lan'), placeOf(b, 'lan')];
    assert.equal(detailsOf(a).info_data.mode, mode);
    const routes = JSON.parse(ip(a, '-json', 'route', 'show', 'default')) as { gateway?: string; dev: string }[];
    assert.deepEqual(
      routes.map(({ gateway, dev }) => [gateway, dev]),
      [[undefined, 'eth0']],
    );
    assert.equal(await ask(namespaceOf(a), 'tcp', other.IPAddress, 80), `tcp ${own.IPAddress} 80`);
    assert.equal(await ask(namespaceOf(a), 'tcp', outside.outside.v4, 80), `tcp ${own.IPAddress} 80`);
    assert.equal(await ask(outside.namespace, 'tcp', other.IPAddress, 80), `tcp ${outside.outside.v4} 80`);
  });
}

test('ipvlan_flag=private keeps the containers of a network apart', { skip: noIpvlan }, async () => {
  await using fixture = await openEngineFixture();
  await using outside = openOutsideHost();
  const { gateway } = await makeLan(fixture, outside, 'ipvlan', { ipvlan_flag: 'private' });
  const [a, b] = [await startOn(fixture, 'lan'), await startOn(fixture, 'lan')];
  await using _neighbour = await servePorts(pidOf(b), [80]);
  await using _router = await servePorts(outside.namespace, [80]);
  assert.match(await ask(namespaceOf(a), 'tcp', gateway, 80), /^tcp/);
  assert.notEqual((await ask(namespaceOf(a), 'tcp', placeOf(b, 'lan').IPAddress, 80, 'none')).slice(0, 3), 'tcp');
});

test('the modes of macvlan: alone, by the switch, and with the parent for itself', async () => {
  for (const mode of ['private', 'vepa', 'passthru']) {
    await using fixture = await openEngineFixture();
    await using outside = openOutsideHost();
    const { gateway } = await makeLan(fixture, outside, 'macvlan', { macvlan_mode: mode });
    await using _router = await servePorts(outside.namespace, [80]);
    const a = await startOn(fixture, 'lan');
    assert.deepEqual([detailsOf(a).info_kind, detailsOf(a).info_data.mode], ['macvlan', mode]);
    assert.equal(await ask(namespaceOf(a), 'tcp', gateway, 80), `tcp ${placeOf(a, 'lan').IPAddress} 80`, mode);
    if (mode === 'passthru') continue; // for one container
    const b = await startOn(fixture, 'lan');
    await using _neighbour = await servePorts(pidOf(b), [80]);
    // Neither speaks to its neighbour: one never does, the other leaves that to a switch, which this link is not.
    assert.notEqual((await ask(namespaceOf(a), 'tcp', placeOf(b, 'lan').IPAddress, 80, 'none')).slice(0, 3), 'tcp');
  }
});

for (const driver of ['macvlan', 'ipvlan']) {
  test(`a parent such as eth1.50 is a VLAN that a network of ${driver} makes and takes away`, {
    skip: noVlan || (driver === 'ipvlan' && noIpvlan),
  }, async () => {
    await using fixture = await openEngineFixture();
    await using outside = openOutsideHost();
    const vlan = `${outside.device}.50`;
    ipOutside(outside, 'link', 'add', 'link', 'eth0', 'name', 'tagged', 'type', 'vlan', 'id', '50');
    ipOutside(outside, 'link', 'set', 'tagged', 'up');
    const { gateway } = await makeLan(fixture, outside, driver, { parent: vlan }, 'tagged');
    assert.deepEqual([detailsOf(undefined, vlan).info_kind, detailsOf(undefined, vlan).info_data.id], ['vlan', 50]);
    const a = await startOn(fixture, 'lan');
    await using _router = await servePorts(outside.namespace, [80]);
    assert.equal(await ask(namespaceOf(a), 'tcp', gateway, 80), `tcp ${placeOf(a, 'lan').IPAddress} 80`);
    await fixture.core.containers.remove(a.Id, { force: true });
    await networksOf(fixture).remove('lan');
    assert.equal(existsSync(`/sys/class/net/${vlan}`), false);
  });
}

test('a VLAN that somebody else has made stays when its network goes', { skip: noVlan }, async () => {
  await using fixture = await openEngineFixture();
  await using outside = openOutsideHost();
  const vlan = `${outside.device}.7`;
  ip(undefined, 'link', 'add', 'link', outside.device, 'name', vlan, 'type', 'vlan', 'id', '7');
  ip(undefined, 'link', 'set', vlan, 'up');
  await makeNetwork(fixture, { Name: 'lan', Driver: 'macvlan', Options: { parent: vlan } });
  const a = await startOn(fixture, 'lan');
  assert.equal(detailsOf(a).info_kind, 'macvlan');
  await fixture.core.containers.remove(a.Id, { force: true });
  await networksOf(fixture).remove('lan');
  assert.equal(existsSync(`/sys/class/net/${vlan}`), true);
});

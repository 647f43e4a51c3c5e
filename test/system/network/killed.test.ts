import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { firewallNames } from '#network/firewall/firewall-names.ts';
import { interruptAt, runCommand } from '../../lib/command-process.ts';
import { type EngineFixture, eventually, openEngineFixture, request } from '../../lib/engine-fixture.ts';
import { interfacesOf, makeNetwork, networksOf, placeOf, startOn } from './network-fixture.ts';

const ON_BRIDGE = request(['sleep', '1000'], { HostConfig: { NetworkMode: 'bridge' } });

/** Addresses that rows say are in use. */
function leases({ core }: EngineFixture): string[] {
  return core.context.sql.all('SELECT address FROM address_leases').map((row) => String(row['address']));
}

/** No container's end of a pair is left on this machine. */
async function noPorts(interfaceName: string): Promise<void> {
  await eventually(
    'the ports are gone',
    async () => readdirSync(`/sys/class/net/${interfaceName}/brif`).length === 0 || undefined,
  );
}

async function killedAt(fixture: EngineFixture, point: string, verb: string, input: object): Promise<void> {
  const ended = await runCommand(fixture.root, verb, input, point);
  assert.equal(ended.signal, 'SIGKILL', `the command passes ${point}: ${ended.stdout}${ended.stderr}`);
}

for (const point of ['start.marked', 'start.planned', 'start.networks-made', 'start.recorded']) {
  test(`a start killed at ${point} leaves no lease and no interface, and can be repeated`, async () => {
    await using fixture = await openEngineFixture();
    const { containers } = fixture.core;
    const { Id } = await containers.create(ON_BRIDGE);
    await killedAt(fixture, point, 'start', { ref: Id });
    assert.equal((await containers.inspect(Id)).State.Status, 'created');
    assert.deepEqual(leases(fixture), []);
    await containers.start(Id);
    const running = await containers.inspect(Id);
    assert.deepEqual([...interfacesOf(running).keys()], ['eth0']);
    assert.deepEqual(leases(fixture), [placeOf(running, 'bridge').IPAddress]);
  });
}

test('a killed keeper takes its container, its interface and its lease with it', async () => {
  await using fixture = await openEngineFixture();
  const { containers, context } = fixture.core;
  const { interfaceName } = await makeNetwork(fixture, { Name: 'n' });
  const { Id } = await startOn(fixture, 'n');
  process.kill(context.containers.get(Id)?.keeperPid ?? 0, 'SIGKILL');
  await noPorts(interfaceName);
  await eventually('the end is found', async () => !(await containers.inspect(Id)).State.Running || undefined);
  assert.deepEqual(leases(fixture), []);
  assert.equal(existsSync(`${fixture.root}/run/names/${Id}`), false);
});

for (const point of ['network-connect.leased', 'network-connect.joined']) {
  test(`a connect killed at ${point} can be taken back and repeated`, async () => {
    await using fixture = await openEngineFixture();
    const networks = networksOf(fixture);
    await makeNetwork(fixture, { Name: 'n' });
    const { Id } = await startOn(fixture, 'bridge');
    await killedAt(fixture, point, 'network-connect', { network: 'n', ref: Id });
    await networks.disconnect('n', { Container: Id });
    assert.deepEqual([...interfacesOf(await fixture.core.containers.inspect(Id)).keys()], ['eth0']);
    await networks.connect('n', { Container: Id });
    assert.deepEqual([...interfacesOf(await fixture.core.containers.inspect(Id)).keys()], ['eth0', 'eth1']);
  });
}

test('a disconnect killed half way can be repeated', async () => {
  await using fixture = await openEngineFixture();
  const networks = networksOf(fixture);
  await makeNetwork(fixture, { Name: 'n' });
  const { Id } = await startOn(fixture, 'bridge');
  await networks.connect('n', { Container: Id });
  await killedAt(fixture, 'network-disconnect.left', 'network-disconnect', { network: 'n', ref: Id });
  await networks.disconnect('n', { Container: Id });
  const { NetworkSettings } = await fixture.core.containers.inspect(Id);
  assert.deepEqual(Object.keys(NetworkSettings.Networks), ['bridge']);
});

test('networks and containers that come and go leave nothing', async () => {
  await using fixture = await openEngineFixture();
  const networks = networksOf(fixture);
  const { containers } = fixture.core;
  const cycles = Number(process.env['BERTH_TEST_CYCLES'] ?? 5);
  for (let i = 0; i < cycles; i++) {
    const { interfaceName } = await makeNetwork(fixture, { Name: 'n', EnableIPv6: true });
    const { Id } = await startOn(fixture, 'n');
    await containers.remove(Id, { force: true });
    await networks.remove('n');
    assert.equal(existsSync(`/sys/class/net/${interfaceName}`), false);
  }
  assert.deepEqual(leases(fixture), []);
  assert.deepEqual(fixture.core.context.sql.all('SELECT * FROM endpoints'), []);
});

test('ports that a killed keeper had published lead nowhere once its container is found ended', async () => {
  await using fixture = await openEngineFixture();
  const { containers, context } = fixture.core;
  const port = 9000 + (process.pid % 900);
  const PortBindings = { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: String(port) }] };
  const { Id } = await startOn(fixture, 'bridge', { HostConfig: { PortBindings } });
  const { table } = firewallNames(fixture.root);
  const isPublished = () =>
    execFileSync('nft', ['list', 'map', 'ip', table, 'ports'], { encoding: 'utf8' }).includes(`${port}`);
  assert.equal(isPublished(), true);
  process.kill(context.containers.get(Id)?.keeperPid ?? 0, 'SIGKILL');
  await eventually('the end is found', async () => !(await containers.inspect(Id)).State.Running || undefined);
  assert.equal(isPublished(), false);
});

test('a start killed with its keeper leaves no published port', async () => {
  await using fixture = await openEngineFixture();
  const { containers, context } = fixture.core;
  const port = 9000 + (process.pid % 900);
  const PortBindings = { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: String(port) }] };
  const HostConfig = { NetworkMode: 'bridge', PortBindings };
  const { Id } = await containers.create(request(['sleep', '1000'], { HostConfig }));
  const { table } = firewallNames(fixture.root);
  const published = () => execFileSync('nft', ['list', 'map', 'ip', table, 'ports'], { encoding: 'utf8' });
  const ended = await interruptAt(fixture.root, 'start', { ref: Id }, 'start.recorded', () => {
    assert.ok(published().includes(`${port}`));
    process.kill(context.containers.get(Id)?.keeperPid ?? 0, 'SIGKILL');
  });
  assert.notEqual(ended.code, 0);
  assert.equal(published().includes(`${port}`), false);
  await killedAt(fixture, 'start.recorded', 'start', { ref: Id });
  assert.equal((await containers.inspect(Id)).State.Status, 'created');
  assert.equal(published().includes(`${port}`), false);
});

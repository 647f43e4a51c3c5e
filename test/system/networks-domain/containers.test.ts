import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Client } from '#client/client.ts';
import type { ContainerCreateRequest, EndpointSettings } from '#spec/docker-api/containers.ts';
import { openApiFixture } from '../../lib/api-fixture.ts';
import { IMAGE, run } from '../../lib/engine-fixture.ts';
import { createWithSubnet, refusal } from './own-subnet.ts';

type Endpoints = NonNullable<NonNullable<ContainerCreateRequest['NetworkingConfig']>['EndpointsConfig']>;

/** A container that sleeps in these networks; the first is its mode. */
function sleeper(endpoints: Endpoints, more: ContainerCreateRequest = {}): ContainerCreateRequest {
  const [NetworkMode = 'bridge'] = Object.keys(endpoints);
  const HostConfig = { NetworkMode, ...more.HostConfig };
  return {
    Image: IMAGE,
    Cmd: ['sleep', '1000'],
    ...more,
    HostConfig,
    NetworkingConfig: { EndpointsConfig: endpoints },
  };
}

async function start(client: Client, name: string, create: ContainerCreateRequest): Promise<string> {
  const { Id } = await client.containers.create(create, { name });
  await client.containers.start(Id);
  return Id;
}

async function networkOf(client: Client, ref: string, network: string): Promise<EndpointSettings> {
  const { NetworkSettings } = await client.containers.inspect(ref);
  const found = NetworkSettings.Networks[network];
  assert.ok(found, `${ref} is in ${network}`);
  return found;
}

const ip = (IPv4Address: string) => ({ IPAMConfig: { IPv4Address } });

test('a container has what it asked for in a network, and shows it', async () => {
  await using api = await openApiFixture();
  const { remote } = api;
  const prefix = await createWithSubnet(remote, { Name: 'net' });
  const id = await start(
    remote,
    'one',
    sleeper({ net: { ...ip(`${prefix}.20`), Aliases: ['web'], MacAddress: '02:11:22:33:44:55' } }),
  );
  const network = await remote.networks.inspect('net');
  const settings = await networkOf(remote, 'one', 'net');
  const { EndpointID, NetworkID, ...rest } = settings;
  assert.match(EndpointID, /^[0-9a-f]{64}$/);
  assert.equal(NetworkID, network.Id);
  assert.deepEqual(rest, {
    IPAMConfig: { IPv4Address: `${prefix}.20` },
    Links: null,
    Aliases: ['web'],
    MacAddress: '02:11:22:33:44:55',
    DriverOpts: null,
    GwPriority: 0,
    Gateway: `${prefix}.1`,
    IPAddress: `${prefix}.20`,
    IPPrefixLen: 24,
    IPv6Gateway: '',
    GlobalIPv6Address: '',
    GlobalIPv6PrefixLen: 0,
    DNSNames: ['one', 'web', id.slice(0, 12)],
  });
  assert.deepEqual(network.Containers, {
    [id]: {
      Name: 'one',
      EndpointID,
      MacAddress: '02:11:22:33:44:55',
      IPv4Address: `${prefix}.20/24`,
      IPv6Address: '',
    },
  });
  // The next one gets the lowest address that is free; one that is taken, reserved or elsewhere is refused.
  await start(remote, 'two', sleeper({ net: {} }));
  assert.equal((await networkOf(remote, 'two', 'net')).IPAddress, `${prefix}.2`);
  for (const taken of ['20', '1', '0', '255']) {
    const { Id } = await remote.containers.create(sleeper({ net: ip(`${prefix}.${taken}`) }));
    const words = (await refusal(() => remote.containers.start(Id))).message;
    assert.equal(words, 'failed to set up container networking: Address already in use', taken);
    await remote.containers.remove(Id);
  }
  // When it has ended its address is free, and it shows none.
  await remote.containers.kill('one');
  await remote.containers.wait('one');
  const ended = await networkOf(remote, 'one', 'net');
  assert.deepEqual([ended.IPAddress, ended.EndpointID, ended.Gateway, ended.NetworkID], ['', '', '', network.Id]);
  await start(remote, 'three', sleeper({ net: ip(`${prefix}.20`) }));
  assert.match((await refusal(() => remote.containers.start('one'))).message, /Address already in use$/);
});

// Recorded from dockerd.
const INVALID: [Endpoints, string][] = [
  [
    { plain: ip('198.51.100.9') },
    'user specified IP address is supported only when connecting to networks with user configured subnets',
  ],
  [{ net: ip('198.51.100.9') }, 'no configured subnet or ip-range contain the IP address 198.51.100.9'],
  [{ net: ip('zz') }, '* invalid IPv4 address: zz\n* no configured subnet or ip-range contain the IP address zz'],
  [
    { net: { IPAMConfig: { IPv6Address: 'fd00::9' } } },
    'user specified IP address is supported only when connecting to networks with user configured subnets',
  ],
  [{ bridge: { Aliases: ['x'] } }, 'network-scoped alias is supported only for containers in user defined networks'],
  [
    { host: ip('198.51.100.9') },
    '* user specified IP address is supported on user defined networks only\n* user specified IP address is supported only when connecting to networks with user configured subnets',
  ],
  [{ net: { IPAMConfig: { LinkLocalIPs: ['x'] } } }, 'invalid link-local IP address: x'],
];

test('endpoint settings that cannot be are refused when the container is created', async () => {
  await using api = await openApiFixture();
  const { remote } = api;
  await createWithSubnet(remote, { Name: 'net' });
  await remote.networks.create({ Name: 'plain' });
  for (const [endpoints, words] of INVALID) {
    const [name] = Object.keys(endpoints);
    const got = await refusal(() => remote.containers.create(sleeper(endpoints)));
    const message = `invalid config for network ${name}: invalid endpoint settings:\n${words}`;
    assert.deepEqual(got, { status: 400, message });
  }
  for (const MacAddress of ['zz', '01:00:00:00:00:01', '00:00:00:00:00:00']) {
    const got = await refusal(() => remote.containers.create(sleeper({ net: { MacAddress } })));
    assert.deepEqual(got, {
      status: 400,
      message: `invalid config for network net: invalid MAC address: ${MacAddress}`,
    });
  }
  const sysctls = { DriverOpts: { 'com.docker.network.endpoint.sysctls': 'net.ipv4.ip_forward=1' } };
  assert.match(
    (await refusal(() => remote.containers.create(sleeper({ net: sysctls })))).message,
    /failed to parse sysctl/,
  );
  const named = { DriverOpts: { 'com.docker.network.endpoint.ifname': 'sixteen-bytes-xx' } };
  assert.match(
    (await refusal(() => remote.containers.create(sleeper({ net: named })))).message,
    /invalid interface name/,
  );
  assert.match(
    (await refusal(() => remote.containers.create(sleeper({ host: {}, net: {} })))).message,
    /^container sharing network namespace/,
  );
  for (const [settings, what] of [
    [{ MacAddress: '02:00:00:00:00:09' }, 'mac-address'],
    [ip('198.51.100.9'), 'IP address'],
  ] as const) {
    const shared = await refusal(() => remote.containers.create(sleeper({ 'container:x': settings })));
    assert.equal(shared.message, `conflicting options: ${what} and the network mode`);
  }
  const astray = await refusal(() => remote.containers.create(sleeper({ net: {}, host: {} })));
  assert.match(astray.message, /^cannot connect container to host network/);
  assert.match(
    (await refusal(() => remote.containers.create(sleeper({ none: {}, net: {} })))).message,
    /private \(none\) mode$/,
  );
  assert.deepEqual(await remote.containers.list({ all: true }), []);
  // A network may come later than the container, but not later than its start.
  const { Id } = await remote.containers.create(sleeper({ later: {} }));
  assert.deepEqual(await refusal(() => remote.containers.start(Id)), {
    status: 404,
    message: 'failed to set up container networking: network later not found',
  });
  await remote.networks.create({ Name: 'later' });
  await remote.containers.start(Id);
});

test('containers are connected and disconnected, running or not, in docker words', async () => {
  await using api = await openApiFixture();
  const { remote } = api;
  const prefix = await createWithSubnet(remote, { Name: 'net' });
  await remote.networks.create({ Name: 'other' });
  const id = await start(remote, 'con', sleeper({ other: {} }));
  const connect = (network: string, EndpointConfig = {}, Container = 'con') =>
    refusal(() => remote.networks.connect(network, { Container, EndpointConfig }));
  assert.deepEqual(await connect('nope'), { status: 404, message: 'network nope not found' });
  assert.deepEqual(await connect('net', {}, 'nope'), { status: 404, message: 'No such container: nope' });
  assert.equal((await connect('other')).message, 'endpoint with name con already exists in network other');
  assert.match((await connect('host')).message, /^container cannot be disconnected from host network or connected/);
  assert.match((await connect('none')).message, /private \(none\) mode$/);
  assert.equal(
    (await connect('net', ip('198.51.100.4'))).message,
    'invalid endpoint settings:\nno configured subnet or ip-range contain the IP address 198.51.100.4',
  );
  assert.match((await connect('net', ip(`${prefix}.1`))).message, /Address already in use$/);
  await remote.networks.connect('net', {
    Container: 'con',
    EndpointConfig: { ...ip(`${prefix}.30`), Aliases: ['foo'] },
  });
  const joined = await networkOf(remote, 'con', 'net');
  assert.deepEqual(
    [joined.IPAddress, joined.Aliases, joined.DNSNames],
    [`${prefix}.30`, ['foo'], ['con', 'foo', id.slice(0, 12)]],
  );
  const inUse = await refusal(() => remote.networks.remove('net'));
  assert.equal(inUse.status, 403);
  assert.match(
    inUse.message,
    /^error while removing network: network net has active endpoints \(name:"con" id:"[0-9a-f]{12}"\)$/,
  );
  const disconnect = (network: string, Container = 'con', Force = false) =>
    remote.networks.disconnect(network, { Container, Force });
  await disconnect('net');
  assert.equal((await refusal(() => disconnect('net'))).message, `container ${id} is not connected to network net`);
  await remote.containers.stop('con', { timeout: 0 });
  await disconnect('other');
  await remote.networks.connect('net', { Container: 'con' });
  const waiting = await networkOf(remote, 'con', 'net');
  assert.deepEqual([waiting.IPAddress, waiting.NetworkID], ['', '']);
  // Only who runs keeps a network from being removed; its successor of the same name takes its place.
  await remote.networks.remove('net');
  assert.match((await refusal(() => remote.containers.start('con'))).message, /network net not found$/);
  await remote.networks.create({ Name: 'net' });
  assert.deepEqual(await remote.networks.prune(), { NetworksDeleted: ['other'] });
  await remote.containers.start('con');
  assert.notEqual((await networkOf(remote, 'con', 'net')).IPAddress, '');
});

test('containers on host and none are there too, without addresses', async () => {
  await using api = await openApiFixture();
  const { remote } = api;
  await remote.networks.create({ Name: 'net' });
  for (const mode of ['host', 'none']) {
    const id = await start(remote, mode, sleeper({ [mode]: {} }));
    const settings = await networkOf(remote, mode, mode);
    assert.match(settings.EndpointID, /^[0-9a-f]{64}$/);
    assert.deepEqual((await remote.networks.inspect(mode)).Containers, {
      [id]: { Name: mode, EndpointID: settings.EndpointID, MacAddress: '', IPv4Address: '', IPv6Address: '' },
    });
  }
  const connect = (Container: string) => refusal(() => remote.networks.connect('net', { Container }));
  assert.match((await connect('host')).message, /^container sharing network namespace/);
  assert.match((await connect('none')).message, /private \(none\) mode$/);
  const joined = await start(remote, 'joined', sleeper({}, { HostConfig: { NetworkMode: 'container:none' } }));
  assert.match((await connect('joined')).message, /^container sharing network namespace/);
  const { NetworkSettings } = await remote.containers.inspect(joined);
  assert.deepEqual([NetworkSettings.Networks, NetworkSettings.SandboxKey], [{}, '']);
});

test('of several networks the one with the highest priority leads out', async () => {
  await using api = await openApiFixture();
  const { remote, engine } = api;
  const first = await createWithSubnet(remote, { Name: 'a' });
  const second = await createWithSubnet(remote, { Name: 'b' });
  const route = async (endpoints: Endpoints) => {
    const create = sleeper(endpoints, { Cmd: ['ip', 'route'] });
    return /^default via (\S+)/m.exec((await run(engine.core, create)).stdout)?.[1];
  };
  assert.equal(await route({ b: {}, a: {} }), `${first}.1`);
  assert.equal(await route({ a: {}, b: { GwPriority: 1 } }), `${second}.1`);
  assert.equal(await route({ a: { GwPriority: -1 }, b: {} }), `${second}.1`);
  await remote.networks.create({ Name: '0-inside', Internal: true });
  assert.equal(await route({ '0-inside': {}, b: {} }), `${second}.1`);
  assert.equal(await route({ '0-inside': {} }), undefined);
});

test('events tell when containers come into networks and leave them, once each', async () => {
  await using api = await openApiFixture();
  const { core } = api.engine;
  await api.remote.networks.create({ Name: 'a' });
  await api.remote.networks.create({ Name: 'b' });
  const { id } = await run(core, sleeper({ a: {} }, { Cmd: ['true'] }));
  const other = await start(api.remote, 'other', sleeper({ a: {} }));
  await api.remote.networks.connect('b', { Container: 'other' });
  await api.remote.networks.disconnect('a', { Container: 'other' });
  await api.remote.containers.remove('other', { force: true });
  await api.remote.networks.remove('b');
  const seen: string[] = [];
  const query = { since: '0', until: `${Date.now() / 1000}`, filters: { type: ['network'] } };
  for await (const { Action, Actor } of core.events.read(query)) {
    const { container = '', name = '', type } = Actor.Attributes;
    assert.equal(type, 'bridge');
    seen.push([Action, name, { [id]: 'one', [other]: 'other' }[container] ?? container].join(' '));
  }
  assert.deepEqual(seen, [
    'create a ',
    'create b ',
    'connect a one',
    'disconnect a one',
    'connect a other',
    'connect b other',
    'disconnect a other',
    'disconnect b other',
    'destroy b ',
  ]);
});

test('legacy links give variables and names, and are removed by their names', async () => {
  await using api = await openApiFixture();
  const { remote, engine } = api;
  const missing = sleeper({}, { HostConfig: { Links: ['nope:x'] } });
  assert.deepEqual(await refusal(() => remote.containers.create(missing)), {
    status: 400,
    message: 'could not get container for nope: No such container: nope',
  });
  await start(remote, 'db', sleeper({ bridge: {} }, { Env: ['SECRET=1'], ExposedPorts: { '80/tcp': {} } }));
  const { IPAddress } = await networkOf(remote, 'db', 'bridge');
  const web = sleeper({ bridge: {} }, { Cmd: ['env'], HostConfig: { Links: ['db:my-db'] } });
  const { stdout } = await run(engine.core, web);
  for (const line of [
    `MY_DB_PORT=tcp://${IPAddress}:80`,
    `MY_DB_PORT_80_TCP_ADDR=${IPAddress}`,
    'MY_DB_ENV_SECRET=1',
  ]) {
    assert.ok(stdout.split('\n').includes(line), `${line} in ${stdout}`);
  }
  const { Id } = await remote.containers.create(web, { name: 'web' });
  assert.deepEqual((await remote.containers.inspect(Id)).HostConfig.Links, ['/db:/web/my-db']);
  await remote.containers.kill('db');
  await remote.containers.wait('db');
  assert.match(
    (await refusal(() => remote.containers.start('web'))).message,
    /Cannot link to a non running container: \/db AS \/web\/my-db$/,
  );
  await remote.containers.remove('web/my-db', { link: true });
  assert.equal((await remote.containers.inspect(Id)).HostConfig.Links, null);
});

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { createNetworks } from '#engine/networks/engine-networks.ts';
import type { HostConfig } from '#spec/docker-api/containers.ts';
import type { NetworkCreateRequest } from '#spec/docker-api/networks.ts';
import { type EngineFixture, openEngineFixture, request } from '../../lib/engine-fixture.ts';
import { ask, openOutsideHost, servePorts } from '../../lib/outside-host.ts';

const BASE = 31_100 + (process.pid % 300) * 4;
const PORT = 'com.docker.network.bridge.';

async function network(fixture: EngineFixture, Name: string, more: Partial<NetworkCreateRequest> = {}) {
  await createNetworks(fixture.core.context, async (ref) => ref).create({ Name, ...more });
}

interface Container {
  readonly pid: number;
  readonly namespace: string;
  readonly v4: string;
  readonly v6: string;
  readonly gateway: string;
}

async function start(fixture: EngineFixture, NetworkMode: string, host: Partial<HostConfig> = {}): Promise<Container> {
  const { containers } = fixture.core;
  const { Id } = await containers.create(request(['sleep', '1000000'], { HostConfig: { NetworkMode, ...host } }), {});
  await containers.start(Id);
  const { State } = await containers.inspect(Id);
  const [lease] = fixture.core.context.endpoints.of(Id);
  const device = fixture.core.context.networks.get(lease?.networkId ?? '')?.device;
  return {
    pid: State.Pid,
    namespace: `/proc/${State.Pid}/ns/net`,
    v4: lease?.lease?.ipv4 ?? '',
    v6: lease?.lease?.ipv6 ?? '',
    gateway: device?.pools[0]?.gateway ?? '',
  };
}

const inside = (namespace: string, ...words: string[]) =>
  execFileSync('nsenter', [`--net=${namespace}`, ...words], { encoding: 'utf8', stdio: 'pipe' });

test('networks do not reach each other, members of one do, and everybody reaches the outside as the host', async () => {
  await using fixture = await openEngineFixture();
  await using outside = openOutsideHost();
  await network(fixture, 'one', { EnableIPv6: true });
  await network(fixture, 'two', { EnableIPv6: true });
  const [a, b, c] = [await start(fixture, 'one'), await start(fixture, 'one'), await start(fixture, 'two')];
  await using _b = await servePorts(b.pid, [80]);
  await using _c = await servePorts(c.pid, [80]);
  await using _outside = await servePorts(outside.namespace, [80]);
  assert.equal(await ask(a.namespace, 'tcp', b.v4, 80), `tcp ${a.v4} 80`);
  assert.equal(await ask(a.namespace, 'tcp', b.v6, 80), `tcp ${a.v6} 80`);
  assert.equal(await ask(a.namespace, 'tcp', c.v4, 80, 'none'), 'nothing');
  assert.equal(await ask(a.namespace, 'tcp', c.v6, 80, 'none'), 'nothing');
  assert.equal(await ask(undefined, 'tcp', c.v4, 80), `tcp ${c.gateway} 80`, 'the host reaches all');
  assert.equal(await ask(outside.namespace, 'tcp', c.v4, 80, 'none'), 'nothing', 'the outside reaches none');
  assert.equal(await ask(outside.namespace, 'tcp', c.v6, 80, 'none'), 'nothing');
  assert.equal(await ask(a.namespace, 'tcp', outside.outside.v4, 80), `tcp ${outside.inside.v4} 80`);
  assert.equal(await ask(a.namespace, 'udp', outside.outside.v4, 80), `udp ${outside.inside.v4} 80`);
  assert.equal(await ask(a.namespace, 'tcp', outside.outside.v6, 80), `tcp ${outside.inside.v6} 80`);
});

test('an internal network has no way out, not even to other addresses of the host, and none in', async () => {
  await using fixture = await openEngineFixture();
  await using outside = openOutsideHost();
  await network(fixture, 'inner', { Internal: true });
  const [a, b] = [await start(fixture, 'inner'), await start(fixture, 'inner')];
  await using _b = await servePorts(b.pid, [80]);
  await using _outside = await servePorts(outside.namespace, [80]);
  const program = createServer((socket) => socket.end('host\n')).listen(BASE, '0.0.0.0');
  try {
    assert.equal(await ask(a.namespace, 'tcp', b.v4, 80), `tcp ${a.v4} 80`);
    // A container that may change its routes does not get further.
    inside(a.namespace, 'ip', 'route', 'add', 'default', 'via', a.gateway);
    assert.equal(await ask(a.namespace, 'tcp', a.gateway, BASE), 'host');
    assert.equal(await ask(a.namespace, 'tcp', outside.inside.v4, BASE, 'none'), 'nothing');
    assert.equal(await ask(a.namespace, 'tcp', outside.outside.v4, 80, 'none'), 'nothing');
    assert.equal(await ask(outside.namespace, 'tcp', b.v4, 80, 'none'), 'nothing');
  } finally {
    program.close();
  }
});

test('without inter-container communication neighbours are silent, also by the gateway, but published ports are not', async () => {
  await using fixture = await openEngineFixture();
  await network(fixture, 'quiet', { Options: { [`${PORT}enable_icc`]: 'false' } });
  const a = await start(fixture, 'quiet');
  const b = await start(fixture, 'quiet', { PortBindings: { '80/tcp': [{ HostIp: '', HostPort: String(BASE + 1) }] } });
  await using _b = await servePorts(b.pid, [80, 81]);
  assert.notEqual((await ask(a.namespace, 'tcp', b.v4, 80, 'none')).slice(0, 3), 'tcp');
  inside(a.namespace, 'ip', 'route', 'add', `${b.v4}/32`, 'via', a.gateway);
  assert.equal(await ask(a.namespace, 'tcp', b.v4, 81, 'none'), 'nothing');
});

test('a container cannot pretend to be somebody else, nor reach the loopback address of the host', async () => {
  await using fixture = await openEngineFixture();
  await using outside = openOutsideHost();
  const a = await start(fixture, 'bridge');
  await using _outside = await servePorts(outside.namespace, [80]);
  const program = createServer((socket) => socket.end('host\n')).listen(BASE + 2, '127.0.0.1');
  try {
    for (const range of ['127.0.0.0/8', '127.0.0.1'])
      inside(a.namespace, 'ip', 'route', 'del', 'local', range, 'dev', 'lo', 'table', 'local');
    inside(a.namespace, 'ip', 'route', 'add', '127.0.0.0/8', 'via', a.gateway);
    inside(a.namespace, 'sysctl', '-qw', 'net.ipv4.conf.eth0.route_localnet=1');
    assert.equal(await ask(a.namespace, 'tcp', '127.0.0.1', BASE + 2, 'none'), 'nothing');
    assert.equal(await ask(a.namespace, 'tcp', outside.outside.v4, 80), `tcp ${outside.inside.v4} 80`);
    const stranger = '203.0.113.77';
    inside(a.namespace, 'ip', 'address', 'add', `${stranger}/32`, 'dev', 'eth0');
    inside(a.namespace, 'ip', 'route', 'add', `${outside.outside.v4}/32`, 'via', a.gateway, 'src', stranger);
    assert.equal(await ask(a.namespace, 'tcp', outside.outside.v4, 80, 'none'), 'nothing');
    inside(a.namespace, 'ip', 'route', 'add', `${outside.inside.v4}/32`, 'via', a.gateway, 'src', stranger);
    assert.equal(await ask(a.namespace, 'udp', outside.inside.v4, BASE + 2, 'none'), 'nothing');
  } finally {
    program.close();
  }
});

test('gateway modes: routed opens published ports of the container address, nat-unprotected opens all', async () => {
  await using fixture = await openEngineFixture();
  await using outside = openOutsideHost();
  await network(fixture, 'routed', { Options: { [`${PORT}gateway_mode_ipv4`]: 'routed' } });
  await network(fixture, 'bare', { Options: { [`${PORT}gateway_mode_ipv4`]: 'nat-unprotected' } });
  const published = { PortBindings: { '80/tcp': [{ HostIp: '', HostPort: String(BASE + 3) }] } };
  const a = await start(fixture, 'routed', published);
  const b = await start(fixture, 'bare');
  await using _a = await servePorts(a.pid, [80, 81]);
  await using _b = await servePorts(b.pid, [80]);
  await using _outside = await servePorts(outside.namespace, [80]);
  assert.equal(await ask(outside.namespace, 'tcp', a.v4, 80), `tcp ${outside.outside.v4} 80`);
  assert.equal(await ask(outside.namespace, 'tcp', a.v4, 81, 'none'), 'nothing');
  assert.equal(await ask(outside.namespace, 'tcp', outside.inside.v4, BASE + 3), 'refused', 'no port of the host');
  assert.equal(await ask(a.namespace, 'tcp', outside.outside.v4, 80), `tcp ${a.v4} 80`, 'with its own address');
  assert.equal(await ask(outside.namespace, 'tcp', b.v4, 80), `tcp ${outside.outside.v4} 80`);
});

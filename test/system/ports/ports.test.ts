import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createNetworks } from '#engine/networks/engine-networks.ts';
import { restoreFirewall } from '#engine/networks/restore-firewall.ts';
import { defaultBridgeName } from '#network/device-names.ts';
import { firewallNames } from '#network/firewall/firewall-names.ts';
import { LARGEST_BURST } from '#network/links/bursts.ts';
import type { HostConfig } from '#spec/docker-api/containers.ts';
import { linkNamed } from '#sys/netlink/interfaces.ts';
import { type EngineFixture, eventually, openEngineFixture, request } from '../../lib/engine-fixture.ts';
import { ask, holdConnection, openOutsideHost, sendPackets, servePorts } from '../../lib/outside-host.ts';

const PROGRAM = fileURLToPath(new URL('../../../src/main/berth.ts', import.meta.url));

/** Ports that no other run of these tests uses: below the ephemeral ones, by process. */
const BASE = 10_000 + (process.pid % 700) * 30;

type Ports = HostConfig['PortBindings'];

function binding(port: number | string, HostIp = ''): { HostIp: string; HostPort: string } {
  return { HostIp, HostPort: String(port) };
}

async function start(fixture: EngineFixture, bindings: Ports, host: Partial<HostConfig> = {}, name?: string) {
  const { containers } = fixture.core;
  const { Id } = await containers.create(
    request(['sleep', '1000000'], { HostConfig: { NetworkMode: 'bridge', PortBindings: bindings, ...host } }),
    name === undefined ? {} : { name },
  );
  await containers.start(Id);
  return containers.inspect(Id);
}

const pidOf = (container: { readonly State: { readonly Pid: number } }) => container.State.Pid;
const namespaceOf = (container: { readonly State: { readonly Pid: number } }) => `/proc/${pidOf(container)}/ns/net`;

function nft(script: string): void {
  execFileSync('nft', ['-f', '-'], { input: script });
}

test('a published port is reached from outside with the client address, from the host, and from containers', async () => {
  await using fixture = await openEngineFixture();
  await using outside = openOutsideHost();
  const web = await start(fixture, { '80/tcp': [binding(BASE)], '53/udp': [binding(BASE)] });
  await using _server = await servePorts(pidOf(web), [80, 53]);
  const other = await start(fixture, {});
  assert.equal(await ask(outside.namespace, 'tcp', outside.inside.v4, BASE), `tcp ${outside.outside.v4} 80`);
  assert.equal(await ask(outside.namespace, 'udp', outside.inside.v4, BASE), `udp ${outside.outside.v4} 53`);
  for (const address of ['127.0.0.1', '127.1.2.3', outside.inside.v4])
    assert.match(await ask(undefined, 'tcp', address, BASE), /^tcp \S+ 80$/, address);
  assert.match(await ask(undefined, 'udp', '127.0.0.1', BASE), /^udp \S+ 53$/);
  assert.match(await ask(namespaceOf(other), 'tcp', outside.inside.v4, BASE), /^tcp \S+ 80$/);
  assert.match(await ask(namespaceOf(web), 'tcp', outside.inside.v4, BASE), /^tcp \S+ 80$/, 'to itself');
  assert.equal(await ask(outside.namespace, 'tcp', outside.inside.v4, BASE + 1), 'refused');
  assert.deepEqual(web.NetworkSettings.Ports, {
    '80/tcp': [binding(BASE, '0.0.0.0')],
    '53/udp': [binding(BASE, '0.0.0.0')],
  });
  const bridge = await linkNamed(defaultBridgeName(fixture.root));
  if (bridge?.largestBurst !== undefined) assert.equal(bridge.largestBurst, LARGEST_BURST, 'what makes it fast');
});

test('the input rules of the host decide who reaches a published port from outside', async () => {
  await using fixture = await openEngineFixture();
  await using outside = openOutsideHost();
  const web = await start(fixture, { '80/tcp': [binding(BASE + 2)], '80/udp': [binding(BASE + 2)] });
  await using _server = await servePorts(pidOf(web), [80]);
  const table = `inet t${outside.device}`;
  nft(`table ${table} { chain in { type filter hook input priority 0; policy accept;
    iifname "${outside.device}" tcp dport ${BASE + 2} reject
    iifname "${outside.device}" udp dport ${BASE + 2} drop
  }
}`);
  try {
    assert.equal(await ask(outside.namespace, 'tcp', outside.inside.v4, BASE + 2), 'refused');
    assert.equal(await ask(outside.namespace, 'udp', outside.inside.v4, BASE + 2, 'none'), 'nothing');
    assert.match(await ask(undefined, 'tcp', '127.0.0.1', BASE + 2), /^tcp/, 'the host itself is not outside');
  } finally {
    nft(`delete table ${table}`);
  }
  assert.equal(await ask(outside.namespace, 'tcp', outside.inside.v4, BASE + 2), `tcp ${outside.outside.v4} 80`);
});

test('a network with berth.firewall=open publishes whatever the input rules say', async () => {
  await using fixture = await openEngineFixture();
  await using outside = openOutsideHost();
  const networks = createNetworks(fixture.core.context, async (ref) => ref);
  await networks.create({ Name: 'open', Options: { 'berth.firewall': 'open' } });
  const web = await start(fixture, { '80/tcp': [binding(BASE + 3)] }, { NetworkMode: 'open' });
  await using _server = await servePorts(pidOf(web), [80]);
  const table = `inet t${outside.device}`;
  nft(`table ${table} { chain in { type filter hook input priority 0; policy accept;
    iifname "${outside.device}" tcp dport ${BASE + 3} drop
  }
}`);
  try {
    assert.equal(await ask(outside.namespace, 'tcp', outside.inside.v4, BASE + 3), `tcp ${outside.outside.v4} 80`);
  } finally {
    nft(`delete table ${table}`);
  }
});

test('ports at the loopback address are for this host only, also when a neighbour routes to it', async () => {
  await using fixture = await openEngineFixture();
  await using outside = openOutsideHost();
  const web = await start(fixture, { '80/tcp': [binding(BASE + 4, '127.0.0.1')] });
  await using _server = await servePorts(pidOf(web), [80]);
  const address = Object.values(web.NetworkSettings.Networks)[0]?.IPAddress ?? '';
  const nsenter = (...words: string[]) => execFileSync('nsenter', [`--net=${outside.namespace}`, ...words]);
  nsenter('sysctl', '-qw', 'net.ipv4.conf.eth0.route_localnet=1');
  for (const range of ['127.0.0.0/8', '127.0.0.1'])
    nsenter('ip', 'route', 'del', 'local', range, 'dev', 'lo', 'table', 'local');
  nsenter('ip', 'route', 'add', '127.0.0.0/8', 'via', outside.inside.v4, 'src', outside.outside.v4);
  assert.match(await ask(undefined, 'tcp', '127.0.0.1', BASE + 4), /^tcp \S+ 80$/);
  assert.equal(await ask(outside.namespace, 'tcp', '127.0.0.1', BASE + 4, 'none'), 'nothing');
  assert.equal(await ask(outside.namespace, 'tcp', outside.inside.v4, BASE + 4), 'refused');
  assert.equal(await ask(outside.namespace, 'tcp', address, 80, 'none'), 'nothing', 'no way past the published ports');
});

test('ranges: every port leads to its counterpart, also when the numbers differ', async () => {
  await using fixture = await openEngineFixture();
  await using outside = openOutsideHost();
  const from = BASE + 5;
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {};
  for (let i = 0; i < 5; i++) bindings[`${from + i}/tcp`] = [binding(from + i)];
  for (let i = 0; i < 5; i++) bindings[`${1000 + i}/tcp`] = [binding(from + 5 + i)];
  for (let i = 0; i < 5; i++) bindings[`${60_000 + i}/udp`] = [binding(from + i)];
  const web = await start(fixture, bindings);
  await using _server = await servePorts(pidOf(web), [from, from + 4, 1000, 1001, 1004, 60_000, 60_004]);
  const reach = (protocol: 'tcp' | 'udp', port: number) => ask(outside.namespace, protocol, outside.inside.v4, port);
  assert.match(await reach('tcp', from), new RegExp(` ${from}$`));
  assert.match(await reach('tcp', from + 4), new RegExp(` ${from + 4}$`));
  assert.match(await reach('tcp', from + 5), / 1000$/);
  assert.match(await reach('tcp', from + 6), / 1001$/);
  assert.match(await reach('tcp', from + 9), / 1004$/);
  assert.match(await reach('udp', from), / 60000$/);
  assert.match(await reach('udp', from + 4), / 60004$/);
  assert.equal(fixture.core.context.ports.of(web.Id).length, 3, 'a range is one');
});

test('IPv6: published, answered with the client address, and guarded like IPv4', async () => {
  await using fixture = await openEngineFixture();
  await using outside = openOutsideHost();
  const networks = createNetworks(fixture.core.context, async (ref) => ref);
  await networks.create({ Name: 'dual', EnableIPv6: true });
  const web = await start(fixture, { '80/tcp': [binding(BASE + 20)] }, { NetworkMode: 'dual' });
  await using _server = await servePorts(pidOf(web), [80]);
  assert.equal(await ask(outside.namespace, 'tcp', outside.inside.v6, BASE + 20), `tcp ${outside.outside.v6} 80`);
  assert.match(await ask(undefined, 'tcp', outside.inside.v6, BASE + 20), /^tcp \S+ 80$/);
  assert.match(await ask(namespaceOf(web), 'tcp', outside.inside.v6, BASE + 20), /^tcp \S+ 80$/, 'to itself');
  const table = `inet t${outside.device}`;
  nft(`table ${table} { chain in { type filter hook input priority 0; policy accept;
    iifname "${outside.device}" meta nfproto ipv6 tcp dport ${BASE + 20} drop
  }
}`);
  try {
    assert.equal(await ask(outside.namespace, 'tcp', outside.inside.v6, BASE + 20, 'none'), 'nothing');
  } finally {
    nft(`delete table ${table}`);
  }
  assert.deepEqual(web.NetworkSettings.Ports['80/tcp'], [binding(BASE + 20, '0.0.0.0'), binding(BASE + 20, '::')]);
});

test('conflicts are found before anything starts, and the holder is named', async () => {
  await using fixture = await openEngineFixture();
  await start(fixture, { '80/tcp': [binding(BASE + 21)] }, {}, 'first');
  await assert.rejects(start(fixture, { '81/tcp': [binding(BASE + 21, '127.0.0.1')] }, {}, 'second'), {
    code: 'port.taken',
    message: new RegExp(
      `^failed to set up container networking: driver failed programming external connectivity on endpoint second \\([0-9a-f]{64}\\): Bind for 127.0.0.1:${BASE + 21} failed: port is already allocated \\(the container first has it published\\)$`,
    ),
  });
  const program = createServer().listen(BASE + 22, '127.0.0.1');
  try {
    await new Promise((resolve) => program.once('listening', resolve));
    await assert.rejects(
      start(fixture, { '80/tcp': [binding(BASE + 22)] }, {}, 'third'),
      new RegExp(
        `0\\.0\\.0\\.0:${BASE + 22}/tcp: address already in use \\(\\S+ \\(process ${process.pid}\\) has it open\\)$`,
      ),
    );
    const free = await start(fixture, { '80/tcp': [binding(`${BASE + 21}-${BASE + 23}`)] }, {}, 'fourth');
    assert.deepEqual(free.NetworkSettings.Ports['80/tcp'], [binding(BASE + 23, '0.0.0.0')]);
    await using elsewhere = await openEngineFixture();
    await assert.rejects(
      start(elsewhere, { '80/tcp': [binding(BASE + 21, '127.0.0.1')] }),
      new RegExp(`port is already allocated \\(a container of the root ${fixture.root} has it published\\)$`),
    );
    const other = await start(elsewhere, { '80/tcp': [binding(`${BASE + 21}-${BASE + 24}`)] });
    assert.deepEqual(other.NetworkSettings.Ports['80/tcp'], [binding(BASE + 24, '0.0.0.0')]);
  } finally {
    program.close();
  }
});

test('ephemeral ports, and ports that are free again when their container stops', async () => {
  await using fixture = await openEngineFixture();
  const { containers } = fixture.core;
  const all = await start(fixture, {}, { PublishAllPorts: true });
  assert.deepEqual(all.NetworkSettings.Ports, {});
  const one = await start(fixture, { '80/tcp': [binding('')], '81/tcp': null, '82/udp': [binding('0')] });
  const [first, second, third] = ['80/tcp', '81/tcp', '82/udp'].map((key) =>
    Number(one.NetworkSettings.Ports[key]?.[0]?.HostPort),
  );
  assert.ok(first! >= 32_768 && second! > first! && third! >= 32_768);
  const fixed = await start(fixture, { '80/tcp': [binding(BASE + 24)] });
  await containers.kill(fixed.Id, 'KILL');
  await eventually('the exit is seen', async () => !(await containers.inspect(fixed.Id)).State.Running || undefined);
  assert.deepEqual((await containers.inspect(fixed.Id)).NetworkSettings.Ports, {});
  const again = await start(fixture, { '80/tcp': [binding(BASE + 24)] });
  assert.deepEqual(again.NetworkSettings.Ports['80/tcp'], [binding(BASE + 24, '0.0.0.0')]);
});

/**
 * Somebody else's rules that look at connections and translate nothing. The kernel follows and translates connections as long as any rule
 * asks for it; when the last one goes it stops, and what is sent meanwhile resets a connection.
 */
function otherTranslation(table: string): Disposable {
  const hooks = ['prerouting', 'input', 'output', 'postrouting'];
  const chains = hooks
    .map((hook) => `chain ${hook} { type nat hook ${hook} priority 0; ct state new accept; }`)
    .join('\n');
  nft(`table ip ${table} {\n${chains}\n}`);
  return { [Symbol.dispose]: () => nft(`delete table ip ${table}`) };
}

test('connections outlive a flush of all rules of the table, and ports come back with the next command', async () => {
  await using fixture = await openEngineFixture();
  using _other = otherTranslation(`${firewallNames(fixture.root).table}-other`);
  await using outside = openOutsideHost();
  const web = await start(fixture, { '80/tcp': [binding(BASE + 25)] });
  await using _server = await servePorts(pidOf(web), [80]);
  await using held = await holdConnection(outside.namespace, outside.inside.v4, BASE + 25);
  assert.equal(await held.say('one'), 'one');
  const { table } = firewallNames(fixture.root);
  nft(`delete table ip ${table}\ndelete table ip6 ${table}`);
  await start(fixture, { '81/tcp': [binding(BASE + 26)] });
  assert.equal(await held.say('two'), 'two');
  assert.equal(await ask(outside.namespace, 'tcp', outside.inside.v4, BASE + 25), `tcp ${outside.outside.v4} 80`);
  await restoreFirewall(fixture.core.context);
  assert.equal(await held.say('three'), 'three');
});

test('what a killed keeper left does not keep its ports', async () => {
  await using fixture = await openEngineFixture();
  const first = await start(fixture, { '80/tcp': [binding(BASE + 27)] });
  process.kill(fixture.core.context.containers.get(first.Id)!.keeperPid, 'SIGKILL');
  await eventually(
    'the exit is seen',
    async () => !(await fixture.core.containers.inspect(first.Id)).State.Running || undefined,
  );
  const second = await start(fixture, { '80/tcp': [binding(BASE + 27)] });
  await using _server = await servePorts(pidOf(second), [80]);
  assert.match(await ask(undefined, 'tcp', '127.0.0.1', BASE + 27), /^tcp \S+ 80$/);
});

test('ports are published and taken back while the container runs, and connections stay', async () => {
  await using fixture = await openEngineFixture();
  await using outside = openOutsideHost();
  const web = await start(fixture, { '80/tcp': [binding(BASE + 28)] });
  await using _server = await servePorts(pidOf(web), [80, 81]);
  await using held = await holdConnection(outside.namespace, outside.inside.v4, BASE + 28);
  const { containers } = fixture.core;
  await containers.update(web.Id, {
    PublishAdd: { '81/tcp': [binding(BASE + 29)] },
    PublishRemove: { '80/tcp': [binding(BASE + 28)] },
  });
  assert.equal(await ask(outside.namespace, 'tcp', outside.inside.v4, BASE + 29), `tcp ${outside.outside.v4} 81`);
  assert.equal(await ask(outside.namespace, 'tcp', outside.inside.v4, BASE + 28), 'refused');
  assert.equal(await held.say('still here'), 'still here');
  const after = await containers.inspect(web.Id);
  assert.deepEqual(after.NetworkSettings.Ports, { '81/tcp': [binding(BASE + 29, '0.0.0.0')] });
  assert.deepEqual(after.HostConfig.PortBindings, { '81/tcp': [binding(BASE + 29)] });
  await assert.rejects(containers.update(web.Id, { PublishAdd: { '82/tcp': [binding(BASE + 29)] } }), {
    code: 'port.taken',
  });
  // A port that it does not have any more is another's, and stays when it ends; those that it has go without a command.
  const heir = await start(fixture, { '80/tcp': [binding(BASE + 28)] });
  await using _heirs = await servePorts(pidOf(heir), [80]);
  process.kill(pidOf(web), 'SIGKILL');
  const { table } = firewallNames(fixture.root);
  const published = () => execFileSync('nft', ['list', 'map', 'ip', table, 'ports'], { encoding: 'utf8' });
  await eventually('its port is out of the firewall', () => !published().includes(`tcp . ${BASE + 29} :`));
  assert.match(await ask(undefined, 'tcp', '127.0.0.1', BASE + 28), /^tcp \S+ 80$/);
});

test('who sends to a UDP port meets the container that has it now, however long he has been sending', async () => {
  await using fixture = await openEngineFixture();
  await using outside = openOutsideHost();
  const port = BASE + 19;
  await using sender = await sendPackets(outside.namespace, outside.inside.v4, port);
  await sender.say('before there is anybody');
  const first = await start(fixture, { '53/udp': [binding(port)] });
  {
    await using _server = await servePorts(pidOf(first), [53]);
    await eventually(
      'the first answers',
      async () => (await sender.say('?')) === `udp ${outside.outside.v4} 53` || undefined,
    );
  }
  await start(fixture, {});
  await fixture.core.containers.remove(first.Id, { force: true });
  const second = await start(fixture, { '54/udp': [binding(port)] });
  await using _server = await servePorts(pidOf(second), [54]);
  await eventually(
    'the second answers',
    async () => (await sender.say('?')) === `udp ${outside.outside.v4} 54` || undefined,
  );
});

test('rules that somebody flushes come back by themselves, with no process of a command alive', async () => {
  await using fixture = await openEngineFixture();
  await using outside = openOutsideHost();
  const restoreCommand = [process.execPath, PROGRAM, 'internal', 'restore-network', fixture.root];
  const { containers } = fixture.reopen({ restoreCommand });
  const port = BASE + 18;
  const PortBindings = { '80/tcp': [binding(port)] };
  const { Id } = await containers.create(
    request(['sleep', '1000000'], { HostConfig: { NetworkMode: 'bridge', PortBindings } }),
    {},
  );
  await containers.start(Id);
  await using _server = await servePorts((await containers.inspect(Id)).State.Pid, [80]);
  // Meanwhile: ::1 leads to what is published for IPv4, from the host only, and not past its own programs.
  const atLoopback = () => ask(undefined, 'tcp', '::1', port);
  await eventually('::1 leads there', async () => / 80$/.test(await atLoopback()) || undefined);
  assert.equal(await ask(namespaceOf(await containers.inspect(Id)), 'tcp', '::1', port), 'refused');
  const own = createServer((socket) => socket.end('own')).listen(port, '::1');
  await once(own, 'listening');
  assert.equal(await atLoopback(), 'own');
  own.close();
  const { table } = firewallNames(fixture.root);
  const reached = `tcp ${outside.outside.v4} 80`;
  assert.equal(await ask(outside.namespace, 'tcp', outside.inside.v4, port), reached);
  nft(`delete table ip ${table}\ndelete table ip6 ${table}`);
  await eventually(
    'the port is back',
    async () => (await ask(outside.namespace, 'tcp', outside.inside.v4, port, 'none')) === reached || undefined,
  );
});

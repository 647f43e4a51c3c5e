import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import { boundsOf, overlaps, subnetOf } from '#base/ip-subnet.ts';
import type { NetworkCreateRequest, NetworkInspect } from '#spec/docker-api/networks.ts';
import { openApiFixture } from '../../lib/api-fixture.ts';
import { createWithSubnet, refusal } from './own-subnet.ts';

const option = (name: string, value: string) => ({ Options: { [`com.docker.network.${name}`]: value } });
const subnet = (Subnet: string, more = {}) => ({ IPAM: { Config: [{ Subnet, ...more }] } });
const TEST = '198.51.100.0/24';

// Words and statuses of dockerd 26 and 28; where its words are the kernel's, Berth's own.
const REFUSED: [NetworkCreateRequest, number, string][] = [
  [{ Name: '' }, 400, 'invalid name: '],
  [{ Name: ' ' }, 400, 'invalid name:  '],
  [{ Name: 'bridge' }, 403, 'operation is not permitted on predefined bridge network '],
  [{ Name: 'host' }, 403, 'operation is not permitted on predefined host network '],
  [{ Name: 'none' }, 403, 'operation is not permitted on predefined none network '],
  [{ Name: 'default' }, 403, 'operation is not permitted on predefined default network '],
  [{ Driver: 'nope' }, 404, 'plugin "nope" not found'],
  [{ Driver: 'none' }, 404, 'plugin "none" not found'],
  [{ Driver: 'host' }, 403, 'only one instance of "host" network is allowed'],
  [{ Driver: 'null' }, 403, 'only one instance of "null" network is allowed'],
  [{ Ingress: true }, 403, 'Ingress network can only be global scope network'],
  [{ Scope: 'swarm' }, 403, 'cannot create a swarm scoped network when swarm is not active'],
  [{ IPAM: { Driver: 'nope' } }, 404, 'plugin "nope" not found'],
  [{ EnableIPv4: false }, 400, 'IPv4 or IPv6 must be enabled'],
  [{ ConfigFrom: { Network: 'nope' } }, 404, 'configuration network "nope" does not exist'],
  [{ ConfigFrom: { Network: 'bridge' } }, 404, 'configuration network "bridge" does not exist'],
  [
    { ConfigOnly: true, ConfigFrom: { Network: 'x' } },
    403,
    'a configuration network cannot depend on another configuration network',
  ],
  [
    { ConfigFrom: { Network: 'x' }, ...subnet(TEST) },
    403,
    'user specified configurations are not supported if the network depends on a configuration network',
  ],
  [
    subnet('198.51.100.1/24'),
    400,
    'invalid network config:\ninvalid subnet 198.51.100.1/24: it should be 198.51.100.0/24',
  ],
  [subnet(''), 400, 'invalid network config:\ninvalid subnet : invalid CIDR block notation'],
  [subnet(TEST, { Gateway: '198.51.100.0' }), 403, 'failed to allocate gateway (198.51.100.0): Address already in use'],
  [
    subnet(TEST, { Gateway: '198.51.100.255' }),
    403,
    'failed to allocate gateway (198.51.100.255): Address already in use',
  ],
  [
    subnet(TEST, { AuxiliaryAddresses: { a: '198.51.100.1' } }),
    403,
    'failed to allocate secondary ip address (a:198.51.100.1): Address already in use',
  ],
  [
    subnet(TEST, { AuxiliaryAddresses: { a: '198.51.100.7', b: '198.51.100.7' } }),
    403,
    'failed to allocate secondary ip address (b:198.51.100.7): Address already in use',
  ],
  [
    { IPAM: { Config: [{ Subnet: TEST }, { Subnet: '203.0.113.0/24' }] } },
    403,
    "bridge driver doesn't support multiple subnets",
  ],
  [
    option('driver.mtu', 'abc'),
    400,
    'failed to parse com.docker.network.driver.mtu value: abc (strconv.Atoi: parsing "abc": invalid syntax)',
  ],
  [option('driver.mtu', '-1'), 400, 'invalid MTU number: -1'],
  [option('driver.mtu', '99999'), 400, 'invalid MTU number: 99999'],
  [
    option('bridge.enable_icc', 'zz'),
    400,
    'failed to parse com.docker.network.bridge.enable_icc value: zz (strconv.ParseBool: parsing "zz": invalid syntax)',
  ],
  [
    option('bridge.host_binding_ipv4', 'zz'),
    400,
    'failed to parse com.docker.network.bridge.host_binding_ipv4 value: zz (nil ip)',
  ],
  [
    option('bridge.gateway_mode_ipv4', 'isolated'),
    400,
    "gateway mode 'isolated' can only be used for an internal network",
  ],
  [option('bridge.name', 'sixteen-bytes-xx'), 400, 'invalid bridge name: "sixteen-bytes-xx"'],
  [option('bridge.name', 'a/b'), 400, 'invalid bridge name: "a/b"'],
  [option('bridge.name', '..'), 400, 'invalid bridge name: ".."'],
  [option('bridge.name', 'a b'), 400, 'invalid bridge name: "a b"'],
  [option('bridge.name', 'a\u0000'), 400, 'invalid bridge name: "a\\u0000"'],
  [option('container_iface_prefix', 'twelve-bytes'), 400, 'invalid interface prefix: "twelve-bytes"'],
  [
    { Driver: 'macvlan', Options: { parent: 'no-such0' } },
    400,
    'invalid subinterface vlan name no-such0, example formatting is eth0.10',
  ],
  [
    { Driver: 'macvlan', Options: { parent: 'no-such0.7' } },
    400,
    'failed to find master interface no-such0 on the host',
  ],
  [{ Driver: 'macvlan', Options: { parent: 'lo.5000' } }, 400, 'vlan id must be between 1-4094, received: 5000'],
  [
    { Driver: 'macvlan', Options: { macvlan_mode: 'zz' } },
    400,
    "requested macvlan mode 'zz' is not valid, 'bridge' mode is the macvlan driver default",
  ],
  [
    { Driver: 'ipvlan', Options: { ipvlan_mode: 'zz' } },
    400,
    "requested ipvlan mode 'zz' is not valid, 'l2' mode is the ipvlan driver default",
  ],
  [
    { Driver: 'ipvlan', Options: { ipvlan_flag: 'zz' } },
    400,
    "requested ipvlan flag 'zz' is not valid, 'bridge' is the ipvlan driver default",
  ],
];

test('networks that cannot be are refused in docker words, and leave nothing', async () => {
  await using api = await openApiFixture();
  for (const [request, status, message] of REFUSED) {
    const got = await refusal(() => api.remote.networks.create({ Name: 'x', ...request }));
    assert.deepEqual(got, { status, message }, JSON.stringify(request));
  }
  const names = (await api.remote.networks.list()).map(({ Name }) => Name).sort();
  assert.deepEqual(names, ['bridge', 'host', 'none']);
});

test('a network has what was said, and subnets of its own where nothing was', async () => {
  await using api = await openApiFixture();
  const { remote } = api;
  await remote.networks.create({ Name: 'plain' });
  await remote.networks.create({
    Name: 'dual',
    EnableIPv6: true,
    Labels: { a: 'b' },
    Internal: true,
    Attachable: true,
  });
  const [plain, dual] = [await remote.networks.inspect('plain'), await remote.networks.inspect('dual')];
  const { Id, Created, IPAM, ...rest } = plain;
  assert.match(Id, /^[0-9a-f]{64}$/);
  assert.ok(Math.abs(Date.parse(Created) - Date.now()) < 600_000);
  assert.deepEqual(rest, {
    Name: 'plain',
    Scope: 'local',
    Driver: 'bridge',
    EnableIPv4: true,
    EnableIPv6: false,
    Internal: false,
    Attachable: false,
    Ingress: false,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Containers: {},
    Options: {},
    Labels: {},
  });
  assert.equal(IPAM.Config?.length, 1);
  assert.match(IPAM.Config[0]?.Subnet ?? '', /\/22$/);
  const families = dual.IPAM.Config?.map(({ Subnet = '' }) => subnetOf(Subnet).family);
  assert.deepEqual(families, [4, 6]);
  assert.match(dual.IPAM.Config?.[1]?.Subnet ?? '', /^fd.*\/64$/);
  assert.ok(dual.EnableIPv6 && dual.Internal && dual.Attachable);
  assert.deepEqual(dual.Labels, { a: 'b' });
  const gateway = subnetOf(`${IPAM.Config[0]?.Gateway}/32`).value;
  assert.equal(gateway, boundsOf(subnetOf(IPAM.Config[0]?.Subnet ?? '')).first + 1n);
  // By the first digits of an id, and by name.
  assert.equal((await remote.networks.inspect(Id.slice(0, 9))).Name, 'plain');
  assert.deepEqual(await refusal(() => remote.networks.create({ Name: 'plain' })), {
    status: 409,
    message: 'network with name plain already exists',
  });
  assert.deepEqual(await refusal(() => remote.networks.inspect('nope')), {
    status: 404,
    message: 'network nope not found',
  });
});

test('subnets, bridges and parents belong to one network', async () => {
  await using api = await openApiFixture();
  const { remote } = api;
  const prefix = await createWithSubnet(remote, { Name: 'first', ...option('bridge.name', `t${process.pid}`) });
  const overlap = { status: 403, message: 'Pool overlaps with other one on this address space' };
  const hosts = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const own = hosts
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => `${address}/32`);
  for (const Subnet of [`${prefix}.0/24`, `${prefix}.128/25`, '198.0.0.0/8', ...own.slice(0, 1)]) {
    assert.deepEqual(await refusal(() => remote.networks.create({ Name: 'x', ...subnet(Subnet) })), overlap, Subnet);
  }
  const same = await refusal(() => remote.networks.create({ Name: 'x', ...option('bridge.name', `t${process.pid}`) }));
  assert.match(
    same.message,
    /^cannot create network [0-9a-f]{64} \(t\d+\): conflicts with network .*: networks have same bridge name$/,
  );
  // What is shown is what the user said: the gateway was Berth's choice.
  const { IPAM } = await remote.networks.inspect('first');
  assert.deepEqual(IPAM, { Driver: 'default', Options: null, Config: [{ Subnet: `${prefix}.0/24` }] });
});

test('a configuration is kept for networks that are made from it', async () => {
  await using api = await openApiFixture();
  const { remote } = api;
  await remote.networks.create({ Name: 'co', ConfigOnly: true, Labels: { a: 'b' }, ...option('driver.mtu', '1400') });
  const made = await remote.networks.inspect('co');
  assert.deepEqual([made.Driver, made.ConfigOnly], ['null', true]);
  await remote.networks.create({ Name: 'of', ConfigFrom: { Network: 'co' } });
  const of = await remote.networks.inspect('of');
  assert.deepEqual(of.Options, { 'com.docker.network.driver.mtu': '1400' });
  assert.deepEqual([of.ConfigFrom.Network, of.Driver, of.ConfigOnly], ['co', 'bridge', false]);
  assert.deepEqual(await refusal(() => remote.networks.remove('co')), {
    status: 403,
    message: 'error while removing network: configuration network "co" is in use',
  });
  await remote.networks.remove('of');
  await remote.networks.remove('co');
});

const named = (networks: readonly NetworkInspect[]) => networks.map(({ Name }) => Name).sort();

test('network ls filters as docker does', async () => {
  await using api = await openApiFixture();
  const { remote } = api;
  await remote.networks.create({ Name: 'alpha', Labels: { k: 'v' } });
  await remote.networks.create({ Name: 'alphabet', Driver: 'bridge', Labels: { k: 'w', other: '' } });
  const list = async (filters: Record<string, string[]>) => named(await remote.networks.list(filters));
  assert.deepEqual(await list({ name: ['alpha'] }), ['alpha', 'alphabet']);
  assert.deepEqual(await list({ name: ['^alpha$', '^host'] }), ['alpha', 'host']);
  assert.deepEqual(await list({ label: ['k'] }), ['alpha', 'alphabet']);
  assert.deepEqual(await list({ label: ['k=w', 'other'] }), ['alphabet']);
  assert.deepEqual(await list({ type: ['builtin'] }), ['bridge', 'host', 'none']);
  assert.deepEqual(await list({ type: ['custom'], driver: ['bridge', 'macvlan'] }), ['alpha', 'alphabet']);
  assert.deepEqual(await list({ driver: ['null', 'host'] }), ['host', 'none']);
  assert.deepEqual(await list({ scope: ['swarm'] }), []);
  assert.deepEqual(await list({ dangling: ['true'] }), ['alpha', 'alphabet']);
  assert.deepEqual(await list({ dangling: ['0'] }), ['bridge', 'host', 'none']);
  const bad = async (filters: Record<string, string[]>) => (await refusal(() => remote.networks.list(filters))).message;
  assert.equal(await bad({ zz: ['1'] }), "invalid filter 'zz'");
  assert.equal(await bad({ type: ['zz'] }), "invalid filter: 'type'='zz'");
  assert.equal(
    await bad({ dangling: ['zz'] }),
    'invalid value for filter \'dangling\', must be "true" (or "1"), or "false" (or "0")',
  );
  const prune = async (filters: Record<string, string[]>) =>
    (await refusal(() => remote.networks.prune(filters))).message;
  assert.equal(await prune({ zz: ['1'] }), "invalid filter 'zz'");
  assert.equal(await prune({ until: ['zz'] }), 'failed to parse value as time or duration: "zz"');
  assert.deepEqual(await remote.networks.prune({ until: ['10h'] }), { NetworksDeleted: null });
  assert.deepEqual(await remote.networks.prune({ 'label!': ['other'] }), { NetworksDeleted: ['alpha'] });
  assert.deepEqual(await remote.networks.prune(), { NetworksDeleted: ['alphabet'] });
});

test('many networks made at once have subnets of their own, and go', async () => {
  await using api = await openApiFixture();
  const { local } = api;
  const names = Array.from({ length: 20 }, (_, i) => `many${i}`);
  await Promise.all(names.map((Name) => local.networks.create({ Name, EnableIPv6: true })));
  const networks = (await local.networks.list({ name: ['^many'] })).flatMap(({ IPAM }) => IPAM.Config ?? []);
  const subnets = networks.map(({ Subnet = '' }) => subnetOf(Subnet));
  assert.equal(subnets.length, 40);
  for (const [i, one] of subnets.entries()) {
    assert.ok(!subnets.some((other, j) => i !== j && overlaps(one, other)), `${networks[i]?.Subnet} is shared`);
  }
  const { NetworksDeleted } = await local.networks.prune();
  assert.equal(NetworksDeleted?.length, 20);
});

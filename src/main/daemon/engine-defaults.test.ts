import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { engineDefaults } from './engine-defaults.ts';
import { type ConfigValues, checkKeys } from './setting-keys.ts';

const of = (values: unknown) => engineDefaults(checkKeys(values, 'f'));

test("engineDefaults() takes docker's keys over as fields of containers and networks", () => {
  const defaults = of({
    'log-driver': 'local',
    'log-opts': { 'max-size': '1m' },
    'default-shm-size': '128m',
    'default-ulimits': { nofile: { Name: 'nofile', Soft: 10, Hard: 20 }, core: { Soft: 0 } },
    'cgroup-parent': '/fleet',
    init: true,
    dns: ['192.0.2.1'],
    'dns-search': ['example.com'],
    'no-new-privileges': true,
    'host-gateway-ip': '192.0.2.9',
    runtimes: { other: { path: '/opt/runc', runtimeArgs: ['--debug'] } },
    'default-runtime': 'other',
    'default-address-pools': [{ base: '10.90.0.0/16', size: 24 }],
    'default-network-opts': { bridge: { 'com.docker.network.driver.mtu': '1400' } },
    'exec-opts': ['native.cgroupdriver=cgroupfs'],
    proxies: { 'http-proxy': 'http://p:1' },
  });
  assert.deepEqual(defaults.host, {
    LogConfig: { Type: 'local', Config: { 'max-size': '1m' } },
    ShmSize: 128 * 1024 * 1024,
    Ulimits: [
      { Name: 'nofile', Soft: 10, Hard: 20 },
      { Name: 'core', Soft: 0, Hard: 0 },
    ],
    CgroupParent: '/fleet',
    Init: true,
    Dns: ['192.0.2.1'],
    DnsSearch: ['example.com'],
    Runtime: 'other',
  });
  assert.deepEqual(defaults.securityOptions, ['no-new-privileges']);
  assert.deepEqual(defaults.runtimes, { other: { path: '/opt/runc', runtimeArgs: ['--debug'] } });
  assert.deepEqual(
    [defaults.hostGateways, defaults.addressPools],
    [['192.0.2.9'], [{ base: '10.90.0.0/16', size: 24 }]],
  );
  assert.equal(defaults.proxies.http, 'http://p:1');
});

test('engineDefaults() makes the default bridge of bip, ranges and options', () => {
  const { bridge } = of({ bip: '10.9.1.5/24', 'fixed-cidr': '10.9.1.128/25', mtu: 1400, icc: false, ip: '127.0.0.1' });
  assert.deepEqual(bridge, {
    enableIPv6: false,
    ipv4: '10.9.1.5/24',
    range4: '10.9.1.128/25',
    options: {
      'com.docker.network.driver.mtu': '1400',
      'com.docker.network.bridge.enable_icc': 'false',
      'com.docker.network.bridge.host_binding_ipv4': '127.0.0.1',
    },
  });
  assert.deepEqual(of({ ipv6: true, 'fixed-cidr-v6': 'fd00:1::/64' }).bridge, {
    enableIPv6: true,
    ipv6: 'fd00:1::/64',
    range6: 'fd00:1::/64',
    options: {},
  });
});

test('engineDefaults() and checkKeys() name what cannot be', () => {
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [{ 'log-driver': 'gelf' }, /log driver 'gelf' is not supported/],
    [{ 'log-opts': { colour: 'red' } }, /unknown log opt 'colour' for json-file log driver/],
    [{ 'log-opts': { 'max-file': 3 } }, /log-opts is .*, wanted an object of strings/],
    [{ dns: ['here'] }, /invalid IP address: here/],
    [{ bip: '10.9.1.5' }, /bip: 10.9.1.5 is no address of IPv4/],
    [{ bip: '10.9.1.5/24', 'fixed-cidr': '10.8.0.0/16' }, /bip, fixed-cidr: /],
    [{ 'fixed-cidr-v6': 'fd00::/64' }, /need "ipv6": true/],
    [{ 'default-ulimits': { colour: { Soft: 1 } } }, /invalid ulimit type: colour/],
    [{ 'default-runtime': 'none' }, /unknown or invalid runtime name: none/],
    [{ runtimes: { a: { runtimeType: 'x' } } }, /runtimeType of a is not supported/],
    [{ 'exec-opts': ['native.cgroupdriver=systemd'] }, /exec-opts cannot be .*: Berth makes its groups itself/],
    [{ iptables: false }, /iptables cannot be false: /],
    [{ 'userns-remap': 'default' }, /userns-remap cannot be "default": /],
    [{ features: { cdi: true } }, /there is no feature cdi/],
    [{ 'storage-driver': 'btrfs' }, /storage-driver cannot be "btrfs"/],
    [{ containerd: '/run/x' }, /containerd cannot be set: /],
    [{ 'seccomp-profile': '/nope.json' }, /opening seccomp profile \(\/nope.json\) failed/],
    [{ 'default-address-pools': [{ base: '10.0.0.1/8', size: 24 }] }, /default-address-pools: base is 10.0.0.1\/8/],
    [{ mtu: 1 }, /invalid MTU number: 1/],
    [{ 'max-download-attempts': 0 }, /invalid max download attempts: 0/],
    [{ 'registry-mirrors': ['mirror'] }, /invalid mirror: "mirror" is not a valid URI/],
    [{ 'insecure-registries': ['-reg'] }, /insecure registry -reg is not valid/],
  ];
  for (const [values, message] of cases)
    assert.throws(() => of(values), { kind: 'invalid', message }, JSON.stringify(values));
  const harmless: ConfigValues = {
    'live-restore': false,
    'userland-proxy': false,
    'storage-driver': 'overlay2',
    features: { buildkit: true, cdi: false },
    'userns-remap': '',
    iptables: true,
  };
  of(harmless);
});

test("engineDefaults() takes docker's keys over for registries", () => {
  const { registries } = of({
    'registry-mirrors': ['https://mirror.example'],
    'insecure-registries': ['http://reg.example:5000', '10.0.0.0/8'],
    'max-concurrent-downloads': 0,
    'max-concurrent-uploads': 2,
    'max-download-attempts': 7,
  });
  assert.deepEqual(registries, {
    mirrors: ['https://mirror.example/'],
    insecure: ['reg.example:5000', '10.0.0.0/8'],
    downloads: 0,
    uploads: 2,
    attempts: 7,
  });
});

test('engineDefaults() reads a seccomp profile', () => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-defaults-'));
  try {
    const path = join(folder, 'profile.json');
    writeFileSync(path, '{ "defaultAction": "SCMP_ACT_ALLOW" }');
    assert.deepEqual(of({ 'seccomp-profile': path }).securityOptions, ['seccomp={"defaultAction":"SCMP_ACT_ALLOW"}']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerCreateRequest, HostConfig } from '#spec/docker-api/containers.ts';
import { DEFAULT_CAPABILITIES } from './capabilities.ts';
import { completeHostConfig } from './host-config.ts';
import { mergeConfig } from './merge-config.ts';
import { type OciInput, toOciConfig } from './oci-config.ts';

function convert(request: ContainerCreateRequest, fields: Partial<HostConfig> = {}, more: Partial<OciInput> = {}) {
  return toOciConfig({
    id: 'c'.repeat(64),
    config: mergeConfig({ Cmd: ['sh'], ...request }, {}, 'box'),
    host: completeHostConfig(fields),
    path: 'sh',
    args: ['-c', 'true'],
    mounts: [],
    etc: { hostname: '/c/hostname', hosts: '/c/hosts', resolvConf: '/c/resolv.conf' },
    identity: { uid: 0, gid: 0, additionalGids: [0], home: '/root' },
    capabilities: DEFAULT_CAPABILITIES,
    rootPath: 'rootfs',
    cgroupPath: '/berth/c',
    seccomp: undefined,
    apparmorProfile: undefined,
    joined: {},
    sharedMemory: undefined,
    initProgram: undefined,
    maxOpenFiles: 1_000_000,
    ...more,
  });
}

test('toOciConfig() of a plain container isolates everything and grants the defaults', () => {
  const config = convert({});
  const kinds = config.linux?.namespaces?.map(({ type }) => type);
  assert.deepEqual(kinds, ['mount', 'network', 'uts', 'pid', 'ipc', 'cgroup']);
  assert.deepEqual(config.process?.args, ['sh', '-c', 'true']);
  assert.deepEqual(config.process?.capabilities?.effective, DEFAULT_CAPABILITIES);
  assert.deepEqual(config.process?.rlimits, [{ type: 'RLIMIT_NOFILE', soft: 1024, hard: 524_288 }]);
  assert.equal(config.hostname, 'box');
  assert.equal(config.process?.cwd, '/');
  assert.equal(config.linux?.sysctl?.['net.ipv4.ip_unprivileged_port_start'], '0');
  assert.deepEqual(config.linux?.resources, {});
});

test('toOciConfig() shares the namespaces of the host and of others', () => {
  const shared = convert(
    {},
    { NetworkMode: 'host', PidMode: 'host', IpcMode: 'host', UTSMode: 'host', CgroupnsMode: 'host' },
  );
  assert.deepEqual(shared.linux?.namespaces, [{ type: 'mount' }]);
  assert.equal(shared.hostname, undefined);
  assert.deepEqual(shared.linux?.sysctl, {});
  const joined = convert({}, {}, { joined: { pid: '/proc/7/ns/pid' } });
  assert.ok(joined.linux?.namespaces?.some(({ type, path }) => type === 'pid' && path === '/proc/7/ns/pid'));
});

test('toOciConfig() gives a user without root its bounding set only, and an init before the command', () => {
  const config = convert({}, {}, { identity: { uid: 5, gid: 5, additionalGids: [5], home: '/' }, initProgram: '/i' });
  assert.deepEqual(config.process?.capabilities?.effective, []);
  assert.deepEqual(config.process?.capabilities?.bounding, DEFAULT_CAPABILITIES);
  assert.deepEqual(config.process?.args?.slice(0, 3), ['/sbin/docker-init', '--', 'sh']);
});

test('toOciConfig() makes the environment: defaults, own variables over them, names without value away', () => {
  const env = (Env: string[], Tty = false) => convert({ Env, Tty }).process?.env;
  assert.deepEqual(env([]), [
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    'HOSTNAME=box',
    'HOME=/root',
  ]);
  assert.deepEqual(env(['PATH=/x', 'HOME=/y', 'HOSTNAME'], true), ['TERM=xterm', 'PATH=/x', 'HOME=/y']);
});

test('toOciConfig() translates limits', () => {
  const { resources } =
    convert({}, { Memory: 1e8, MemorySwap: -1, NanoCpus: 1.5e9, PidsLimit: 7, CpusetCpus: '0' }).linux ?? {};
  assert.deepEqual(resources, {
    memory: { limit: 1e8, swap: -1 },
    cpu: { cpus: '0', period: 100_000, quota: 150_000 },
    pids: { limit: 7 },
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HostConfig } from '#spec/docker-api/containers.ts';
import { completeHostConfig } from './host-config.ts';
import { checkNamespaceModes, checkSysctls } from './namespace-mode.ts';

const host = (fields: Partial<HostConfig>) => completeHostConfig(fields);
const check = (fields: Partial<HostConfig>, hostname = '', exposes = false) =>
  checkNamespaceModes(host(fields), hostname, exposes);

test('checkNamespaceModes() takes every mode that exists', () => {
  check({});
  check({
    NetworkMode: 'host',
    IpcMode: 'host',
    PidMode: 'host',
    UTSMode: 'host',
    UsernsMode: 'host',
    CgroupnsMode: 'host',
  });
  check({ NetworkMode: 'container:a', IpcMode: 'container:a', PidMode: 'container:a' });
  for (const IpcMode of ['none', 'private', 'shareable']) check({ IpcMode });
});

test('checkNamespaceModes() refuses modes and combinations in docker words', () => {
  const refuses = (message: string | RegExp, fields: Partial<HostConfig>, hostname?: string, exposes?: boolean) =>
    assert.throws(() => check(fields, hostname, exposes), { message });
  refuses('invalid IPC mode: container:', { IpcMode: 'container:' });
  refuses('invalid container format container:<name|id>', { NetworkMode: 'container:' });
  refuses('conflicting options: hostname and the network mode', { NetworkMode: 'container:a' }, 'h');
  refuses('conflicting options: hostname and the UTS mode', { UTSMode: 'host' }, 'h');
  refuses('conflicting options: dns and the network mode', { NetworkMode: 'container:a', Dns: ['1.1.1.1'] });
  refuses(/port publishing and the container type/, { NetworkMode: 'container:a', PublishAllPorts: true });
  refuses(/port exposing and the container type/, { NetworkMode: 'container:a' }, '', true);
  refuses(/custom host-to-IP mapping/, { NetworkMode: 'container:a', ExtraHosts: ['a:1.1.1.1'] });
  refuses(/host type networking can't be used with links/, { NetworkMode: 'host', Links: ['a'] });
  refuses('invalid cgroup namespace mode: x', { CgroupnsMode: 'x' });
});

test('checkSysctls() allows settings of the container own namespaces only', () => {
  checkSysctls(host({ Sysctls: { 'net.core.somaxconn': '1', 'kernel.shmmax': '1', 'fs.mqueue.msg_max': '1' } }));
  const refuses = (message: RegExp, fields: Partial<HostConfig>) =>
    assert.throws(() => checkSysctls(host(fields)), { message });
  refuses(/not allowed in host network namespace/, { NetworkMode: 'host', Sysctls: { 'net.core.somaxconn': '1' } });
  refuses(/not allowed in the hosts ipc namespace/, { IpcMode: 'host', Sysctls: { 'kernel.shmmax': '1' } });
  refuses(/not in a separate kernel namespace/, { Sysctls: { 'kernel.panic': '1' } });
  refuses(/is set by --hostname/, { Sysctls: { 'kernel.hostname': 'x' } });
});

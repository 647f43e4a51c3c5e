import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OciConfig } from '#spec/oci-runtime/config.ts';
import type { NamespaceKind } from '#sys/keeper/plan.ts';
import { Draft } from './draft.ts';
import { planSysctl, sysctlPath } from './sysctl.ts';

function plan(
  sysctl: Record<string, string>,
  kinds: readonly NamespaceKind[],
  more: Partial<OciConfig> = {},
  which: Parameters<typeof planSysctl>[3] = 'all',
) {
  const draft = new Draft();
  const namespaces = { fresh: new Set(kinds), joined: new Map(), foreignUser: false, sourceSide: 'child' } as const;
  planSysctl(draft, { ociVersion: '1.2.0', ...more, linux: { sysctl } }, namespaces, which);
  return draft.ops;
}

test('sysctlPath() takes dots and slashes as sysctl(8) does', () => {
  assert.equal(sysctlPath('net.ipv4.ip_forward'), 'net/ipv4/ip_forward');
  assert.equal(sysctlPath('net/ipv4/conf/eth0.1/forwarding'), 'net/ipv4/conf/eth0.1/forwarding');
  assert.equal(sysctlPath('net.ipv4.conf.eth0/1.forwarding'), 'net/ipv4/conf/eth0.1/forwarding');
  for (const name of ['', 'x', 'net/../kernel', 'net..x', '/net']) assert.throws(() => sysctlPath(name), /sysctl/);
});

test('planSysctl() writes only parameters of the container’s own namespaces', () => {
  assert.deepEqual(plan({ 'kernel.msgmax': '1' }, ['ipc']), [
    {
      side: 'child',
      op: 'write',
      at: { path: '/proc/sys/kernel/msgmax' },
      data: '1',
      only: 'proc',
      about: 'kernel.msgmax',
    },
  ]);
  assert.throws(() => plan({ 'kernel.msgmax': '1' }, []), /not allowed in the host's ipc namespace/);
  assert.throws(() => plan({ 'net.core.somaxconn': '1' }, ['ipc']), /host's network namespace/);
  assert.throws(() => plan({ 'vm.swappiness': '1' }, ['ipc']), /not in a separate kernel namespace/);
});

test('planSysctl() refuses a host name that contradicts the other', () => {
  assert.throws(() => plan({ 'kernel.hostname': 'a' }, ['uts'], { hostname: 'b' }), /conflicts with hostname "b"/);
  assert.equal(plan({ 'kernel.domainname': 'a' }, ['uts'], { domainname: 'a' }).length, 1);
});

test('planSysctl() tells parameters of interfaces that the networks make from all others', () => {
  const asked = {
    'net.ipv4.conf.eth0.forwarding': '1',
    'net.ipv4.conf.default.forwarding': '1',
    'net.ipv4.ip_forward': '1',
  };
  const names = (which: 'interfaces' | 'others' | 'all') =>
    plan(asked, ['network'], {}, which).map(({ about }) => about);
  assert.deepEqual(names('interfaces'), ['net.ipv4.conf.eth0.forwarding']);
  assert.deepEqual(names('others'), ['net.ipv4.conf.default.forwarding', 'net.ipv4.ip_forward']);
  assert.deepEqual(names('all'), Object.keys(asked));
});

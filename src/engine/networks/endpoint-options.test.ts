import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpointSysctls, isInterfaceName, wishedInterfaceName } from './endpoint-options.ts';

test('isInterfaceName() takes what the kernel takes', () => {
  for (const name of ['eth0', 'a', 'fifteen-bytes-x', 'eth0.50', 'x_y']) {
    assert.ok(isInterfaceName(name), name);
  }
  for (const name of ['', '.', '..', 'a b', 'a/b', 'a:b', 'sixteen-bytes-xx', 'a\n', 'ä', 'a\u0000'])
    assert.ok(!isInterfaceName(name), JSON.stringify(name));
});

test('wishedInterfaceName() refuses names that cannot be', () => {
  const options = (name: string) => ({ 'com.docker.network.endpoint.ifname': name });
  assert.equal(wishedInterfaceName({}), undefined);
  assert.equal(wishedInterfaceName(options('lan0')), 'lan0');
  assert.throws(() => wishedInterfaceName(options('a/b')), /invalid interface name: "a\/b"/);
});

const sysctls = (text: string) => endpointSysctls({ 'com.docker.network.endpoint.sysctls': text });

test('endpointSysctls() reads settings of the interface, in capitals or not', () => {
  assert.deepEqual(endpointSysctls({}), {});
  assert.deepEqual(sysctls(''), {});
  assert.deepEqual(sysctls('net.ipv4.conf.IFNAME.log_martians=1,net.ipv6.conf.ifname.accept_ra=2'), {
    'net.ipv4.conf.IFNAME.log_martians': '1',
    'net.ipv6.conf.IFNAME.accept_ra': '2',
  });
});

for (const text of [
  'net.ipv4.ip_forward=1',
  'net.ipv4.conf.all.forwarding=1',
  'net.ipv4.conf.eth0.forwarding=1',
  'kernel.x.y.IFNAME.z=1',
  'net.core.x.IFNAME.z=1',
  'net.ipv4.conf.IFNAME.forwarding',
  'net.ipv4.conf/../../x.IFNAME.forwarding=1',
  'net.ipv4.conf.IFNAME.a/b=1',
  'net.ipv4..IFNAME.x=1',
  ',',
]) {
  test(`endpointSysctls() refuses ${text}`, () =>
    assert.throws(() => sysctls(text), /^BerthError: failed to parse sysctl/));
}

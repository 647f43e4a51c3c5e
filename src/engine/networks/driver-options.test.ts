import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bridgeDevice } from './bridge-device.ts';
import { hostBindingOption, meaninglessOptions, mtuOption } from './driver-options.ts';

const NAME = 'com.docker.network.';
const device = (options: Record<string, string>, internal = false) => {
  const full = Object.fromEntries(Object.entries(options).map(([name, value]) => [NAME + name, value]));
  return bridgeDevice({ id: 'ab'.repeat(32), interfaceName: 'br-x', internal, pools: [], options: full });
};

test('bridgeDevice() has docker defaults', () => {
  assert.deepEqual(device({}), {
    id: 'ab'.repeat(32),
    driver: 'bridge',
    interfaceName: 'br-x',
    ownsParent: true,
    mode: '',
    internal: false,
    pools: [],
    bridge: {
      interContainer: true,
      masquerade: { v4: true, v6: true },
      gatewayMode: { v4: 'nat', v6: 'nat' },
      hostBinding: { v4: '', v6: '' },
    },
  });
});

test('bridgeDevice() reads every option', () => {
  const { bridge, mtu } = device(
    {
      'driver.mtu': '1400',
      'bridge.enable_icc': 'FALSE',
      'bridge.enable_ip_masquerade': '0',
      'bridge.gateway_mode_ipv4': 'isolated',
      'bridge.gateway_mode_ipv6': 'routed',
      'bridge.host_binding_ipv4': '127.0.0.1',
      'bridge.host_binding_ipv6': '::0001',
      'bridge.inhibit_ipv4': 't',
      'bridge.trusted_host_interfaces': 'eth0:vpn0',
    },
    true,
  );
  assert.equal(mtu, 1400);
  assert.deepEqual(bridge, {
    interContainer: false,
    masquerade: { v4: false, v6: false },
    gatewayMode: { v4: 'isolated', v6: 'routed' },
    hostBinding: { v4: '127.0.0.1', v6: '::1' },
    inhibitIpv4: true,
    trustedInterfaces: ['eth0', 'vpn0'],
  });
});

test('hostBindingOption() takes nowhere in particular for everywhere, and only addresses of its family', () => {
  assert.equal(hostBindingOption({ [`${NAME}bridge.host_binding_ipv4`]: '0.0.0.0' }, 4), '');
  assert.throws(() => hostBindingOption({ [`${NAME}bridge.host_binding_ipv4`]: '::1' }, 4), /not an IPv4 address/);
});

test('mtuOption() knows what the kernel takes', () => {
  const mtu = (value: string) => mtuOption({ [`${NAME}driver.mtu`]: value });
  assert.deepEqual([mtu('0'), mtu('68'), mtu('65535'), mtu('+1500')], [undefined, 68, 65_535, 1500]);
  for (const value of ['67', '65536', '-1', '']) assert.throws(() => mtu(value), /MTU number|failed to parse/, value);
});

test('meaninglessOptions() names what a driver makes nothing of', () => {
  assert.deepEqual(meaninglessOptions('bridge', { [`${NAME}driver.mtu`]: '1', parent: 'eth0' }), ['parent']);
  assert.deepEqual(meaninglessOptions('macvlan', { parent: 'eth0', [`${NAME}bridge.name`]: 'x' }), [
    `${NAME}bridge.name`,
  ]);
});

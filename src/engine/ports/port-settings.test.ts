import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkPortSettings } from './port-settings.ts';

const read = (value: unknown) => checkPortSettings('/r/network.json', JSON.stringify(value));

test('checkPortSettings() fills in what is not said', () => {
  assert.deepEqual(read({}), { firewall: 'respect', publishAddress: '', addressPools: [] });
  assert.deepEqual(read({ firewall: 'open', publishAddress: '0::1' }), {
    firewall: 'open',
    publishAddress: '::1',
    addressPools: [],
  });
});

test('checkPortSettings() names what it refuses', () => {
  assert.throws(() => read({ firewall: 'off' }), {
    message: '/r/network.json: firewall is "off", wanted "respect" or "open"',
  });
  assert.throws(() => read({ publishAddress: 'localhost' }), /publishAddress is "localhost", wanted an IP address/);
  assert.throws(() => read({ publishAddress: 1 }), /publishAddress is 1/);
  assert.throws(() => read({ ports: 1 }), /unknown setting ports/);
  assert.throws(() => read([]), /wanted a JSON object/);
  assert.throws(() => checkPortSettings('/x', '{'), /not JSON/);
});

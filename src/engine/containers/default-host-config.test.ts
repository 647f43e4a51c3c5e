import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type EngineDefaults, NO_DEFAULTS } from '../defaults.ts';
import { withDefaults } from './default-host-config.ts';

const DEFAULTS: EngineDefaults = {
  ...NO_DEFAULTS,
  host: {
    LogConfig: { Type: 'local', Config: { 'max-size': '1m', compress: 'false' } },
    Ulimits: [
      { Name: 'nofile', Soft: 1, Hard: 2 },
      { Name: 'core', Soft: 0, Hard: 0 },
    ],
    ShmSize: 5,
    Init: true,
    Dns: ['192.0.2.1'],
  },
  securityOptions: ['seccomp=unconfined', 'no-new-privileges'],
  hostGateways: ['192.0.2.2', 'fd00::2'],
};

test('withDefaults() fills in what a request does not say', () => {
  assert.deepEqual(withDefaults({ ExtraHosts: ['a:host-gateway', 'b:1.1.1.1'] }, DEFAULTS), {
    ...DEFAULTS.host,
    ExtraHosts: ['a:192.0.2.2', 'a:fd00::2', 'b:1.1.1.1'],
    SecurityOpt: ['seccomp=unconfined', 'no-new-privileges'],
  });
});

test('withDefaults() leaves alone what a request says', () => {
  const request = {
    LogConfig: { Type: 'json-file', Config: {} },
    Ulimits: [{ Name: 'nofile', Soft: 9, Hard: 9 }],
    ShmSize: 7,
    Init: false,
    Dns: ['192.0.2.7'],
    SecurityOpt: ['seccomp=builtin', 'no-new-privileges=false'],
  };
  assert.deepEqual(withDefaults(request, DEFAULTS), {
    ...request,
    Ulimits: [
      { Name: 'nofile', Soft: 9, Hard: 9 },
      { Name: 'core', Soft: 0, Hard: 0 },
    ],
  });
});

test('withDefaults() gives options of the default log driver to those who choose it, and no name server to who shares a network', () => {
  const made = withDefaults(
    { LogConfig: { Type: 'local', Config: { 'max-size': '9m' } }, NetworkMode: 'container:x' },
    DEFAULTS,
  );
  assert.deepEqual(made.LogConfig, { Type: 'local', Config: { 'max-size': '9m', compress: 'false' } });
  assert.equal(made.Dns, undefined);
  assert.deepEqual(withDefaults({ Privileged: true }, DEFAULTS).SecurityOpt, ['no-new-privileges']);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goJson } from '../template/json.ts';
import { goText } from '../template/print.ts';
import { SHAPES } from './shapes.ts';
import { typedValue } from './typed.ts';

test('typedValue() gives fields that a document leaves out their empty values', () => {
  const state = typedValue('State', { Status: 'running', Running: true, Pid: 5 });
  assert.equal(state.fields.get('Health'), null);
  assert.equal(state.fields.get('ExitCode'), 0);
  assert.equal(goText(state), '{running true false false false false 5 0    <nil>}');
});

test('typedValue() writes JSON without what is empty and may be left out', () => {
  const health = typedValue('HealthcheckConfig', { Test: ['NONE'], Interval: 1e9, Timeout: 0 });
  assert.equal(goJson(health), '{"Test":["NONE"],"Interval":1000000000}');
  assert.equal(goText(health), '{[NONE] 1s 0s 0s 0s 0}');
});

test('typedValue() finds fields by the names that JSON has for them', () => {
  const inspect = typedValue('ContainerInspect', { Id: 'a', HostConfig: { NanoCpus: 5, Dns: ['1.1.1.1'] } });
  assert.equal(inspect.fields.get('ID'), 'a');
  const config = inspect.fields.get('HostConfig');
  assert.match(goJson(config), /"Dns":\["1\.1\.1\.1"\],.*"NanoCpus":5,/);
});

test('typedValue() tells lists that were never made from empty ones', () => {
  assert.match(goJson(typedValue('ContainerConfig', { Env: [], Cmd: null })), /"Env":\[\],"Cmd":null/);
});

test('typedValue() prints a ulimit as docker does', () => {
  assert.equal(goText([typedValue('Ulimit', { Name: 'nofile', Soft: 10, Hard: 20 })]), '[nofile=10:20]');
});

test('SHAPES refer to one another by names that exist', () => {
  const scalars = new Set(['s', 'i', 'b', 't', 'd', 'any']);
  for (const [shape, text] of Object.entries(SHAPES))
    for (const field of text.split(' ').filter((word) => word !== '')) {
      const type = field.slice(field.indexOf(':') + 1).replace(/[*[\]{}]/g, '');
      assert.ok(scalars.has(type) || SHAPES[type] !== undefined, `${shape}: ${field}`);
    }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseJsonExactly, parseOciConfig, parseProcess, parseResources } from './parse-config.ts';

const minimal = { ociVersion: '1.2.0', process: { cwd: '/', args: ['sh'] }, root: { path: 'rootfs' } };

function problemOf(config: unknown): string {
  try {
    parseOciConfig(config);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return 'accepted';
}

test('parseOciConfig() keeps what the specification names and leaves out the rest', () => {
  const parsed = parseOciConfig({ ...minimal, custom: 1, hostname: 'a', linux: { cgroupsPath: '/x', other: true } });
  assert.deepEqual(parsed, { ...minimal, hostname: 'a', linux: { cgroupsPath: '/x' } });
});

test('parseOciConfig() takes null for absent, as Go programs write it', () => {
  assert.deepEqual(parseOciConfig({ ...minimal, mounts: null, hooks: null }), minimal);
});

test('parseOciConfig() names the JSON path of what is wrong', () => {
  const cases: readonly (readonly [unknown, string])[] = [
    [[], 'config.json: the document: must be an object, is []'],
    [{}, 'config.json: ociVersion: is required'],
    [{ ociVersion: 'one' }, 'config.json: ociVersion: must be a version such as 1.2.0, is "one"'],
    [{ ociVersion: '2.0.0' }, 'config.json: ociVersion: version 2.0.0 is not supported, only 1.x is'],
    [{ ...minimal, process: { cwd: 'x' } }, 'config.json: process.cwd: must be an absolute path, is "x"'],
    [{ ...minimal, process: { cwd: '/', args: ['a', 1] } }, 'config.json: process.args[1]: must be a string, is 1'],
    [
      { ...minimal, linux: { devices: [{ path: '/dev/x', type: 'q' }] } },
      'config.json: linux.devices[0].type: must be one of c, b, u, p, is "q"',
    ],
    [
      { ...minimal, linux: { resources: { rdma: { mlx: { hcaHandles: -1 } } } } },
      'config.json: linux.resources.rdma["mlx"].hcaHandles: must be between 0 and 4294967295, is -1',
    ],
    [
      { ...minimal, process: { cwd: '/', oomScoreAdj: 1001 } },
      'config.json: process.oomScoreAdj: must be between -1000 and 1000, is 1001',
    ],
    [{ ...minimal, hostname: 'a\0b' }, 'config.json: hostname: must not contain a NUL byte'],
    [
      { ...minimal, hooks: { poststop: [{ path: '/x', timeout: 0 }] } },
      'config.json: hooks.poststop[0].timeout: must be between 1 and 2147483648, is 0',
    ],
    [{ ...minimal, mounts: [{ type: 'proc' }] }, 'config.json: mounts[0].destination: is required'],
  ];
  for (const [config, message] of cases) assert.equal(problemOf(config), message);
});

test('parseOciConfig() refuses virtual machines by name', () => {
  assert.throws(() => parseOciConfig({ ...minimal, vm: {} }), { kind: 'unsupported', message: /vm/ });
});

test('parseJsonExactly() keeps the digits of 64-bit numbers', () => {
  assert.deepEqual(parseJsonExactly('{"a":18446744073709551615,"b":7,"c":1234567890123456.5}'), {
    a: 18446744073709551615n,
    b: 7,
    c: 1234567890123456.5,
  });
  assert.throws(() => parseJsonExactly('{'), { kind: 'invalid', message: /^not valid JSON/ });
});

test('parseProcess() keeps exact limits and parseResources() rounds unlimited ones', () => {
  const rlimits = [{ type: 'RLIMIT_NOFILE', soft: 1, hard: 18446744073709551615n }];
  assert.deepEqual(parseProcess({ cwd: '/', rlimits }).rlimits, rlimits);
  assert.throws(() => parseProcess({ cwd: '/', rlimits: [{ ...rlimits[0], hard: 1n << 64n }] }), /unsigned 64-bit/);
  assert.deepEqual(parseResources({ memory: { limit: 9223372036854775807n } }), { memory: { limit: 2 ** 63 } });
});

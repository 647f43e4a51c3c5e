import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isBerthError } from '#base/errors.ts';
import { CONTAINER_CREATE, CONTAINER_UPDATE } from './bodies.ts';
import { decodeBody } from './body-shape.ts';

function refusal(body: unknown, shape = CONTAINER_CREATE): string {
  try {
    decodeBody(body, shape);
  } catch (error) {
    assert.ok(isBerthError(error, 'invalid'));
    return error.message;
  }
  assert.fail(`${JSON.stringify(body)} was accepted`);
}

test("decodeBody() refuses wrong types in the words of Go's decoder", () => {
  const start = 'invalid JSON: json: cannot unmarshal';
  const cases: [unknown, string][] = [
    [
      { HostConfig: { Memory: 'x' } },
      'string into Go struct field HostConfig.HostConfig.Resources.Memory of type int64',
    ],
    [
      { HostConfig: { Memory: 1.5 } },
      'number 1.5 into Go struct field HostConfig.HostConfig.Resources.Memory of type int64',
    ],
    [
      { HostConfig: { BlkioWeight: -1 } },
      'number -1 into Go struct field HostConfig.HostConfig.Resources.BlkioWeight of type uint16',
    ],
    [{ Env: 'x' }, 'string into Go struct field CreateRequest.Config.Env of type []string'],
    [{ Env: [1] }, 'number into Go struct field CreateRequest.Config.Env of type string'],
    [{ Labels: [] }, 'array into Go struct field CreateRequest.Config.Labels of type map[string]string'],
    [{ Cmd: 3 }, 'number into Go struct field CreateRequest.Config.Cmd of type []string'],
    [
      { HostConfig: { PortBindings: { '80/tcp': [{ HostPort: 80 }] } } },
      'number into Go struct field PortBinding.HostConfig.PortBindings.HostPort of type string',
    ],
  ];
  for (const [body, message] of cases) assert.equal(refusal(body), `${start} ${message}`);
  assert.equal(
    refusal({ Memory: '1' }, CONTAINER_UPDATE),
    `${start} string into Go struct field UpdateConfig.Resources.Memory of type int64`,
  );
  assert.equal(refusal([]), `${start} array into Go value of type CreateRequest`);
});

test('decodeBody() takes names in any case, null for nothing, one string for a list, and drops what it does not know', () => {
  const body = { image: 'busybox', CMD: 'true', Env: null, hostconfig: { memory: 5, Other: 1 }, Unknown: {} };
  assert.deepEqual(decodeBody(body, CONTAINER_CREATE), {
    Image: 'busybox',
    Cmd: ['true'],
    Env: null,
    HostConfig: { Memory: 5 },
  });
  assert.deepEqual(decodeBody(null, CONTAINER_CREATE), {});
});

test('decodeBody() does not take names from the prototype of objects', () => {
  assert.deepEqual(
    decodeBody(JSON.parse('{"constructor":1,"__proto__":{"Image":"x"},"Labels":{"__proto__":"v"}}'), CONTAINER_CREATE),
    {
      Labels: JSON.parse('{"__proto__":"v"}'),
    },
  );
});

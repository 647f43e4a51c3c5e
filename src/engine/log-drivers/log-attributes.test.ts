import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logAttributes, logTag } from './log-attributes.ts';

const json = (Config: Record<string, string>) => ({ Type: 'json-file', Config });

test('logAttributes() picks labels and variables by name and pattern', () => {
  const container = {
    id: 'f'.repeat(64),
    name: 'web',
    image: 'app:1',
    imageId: `sha256:${'a'.repeat(64)}`,
    labels: { a: '1', b: '2', xyz: '3' },
    env: ['E=5', 'F=6', 'G'],
  };
  const config = json({ labels: 'a', 'labels-regex': '^x', env: 'E,G' });
  assert.deepEqual(logAttributes(config, container), { a: '1', xyz: '3', E: '5' });
  assert.deepEqual(logAttributes(json({}), container), {});
  const tag = json({ tag: '{{.Name}}/{{ .ID }}/{{.ImageName}}/{{.ImageID}}/{{ .Name | upper }}' });
  assert.equal(logTag(tag, container), `web/${'f'.repeat(12)}/app:1/${'a'.repeat(12)}/WEB`);
  assert.equal(logTag(json({}), container), 'f'.repeat(12));
});

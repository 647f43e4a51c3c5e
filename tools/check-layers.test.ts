import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkImport, importsOf } from './check-layers.ts';

const rules = {
  layers: {
    base: { imports: [], builtins: ['node:path'] },
    engine: { imports: ['base'], builtins: ['*'], packages: ['koffi'] },
  },
  restricted: { 'node:sqlite': ['src/engine/state/'] },
  minimumFiles: 1,
};

test('checkImport() allows what points downwards', () => {
  assert.equal(checkImport(rules, 'src/engine/a/b.ts', '#base/undo.ts'), undefined);
  assert.equal(checkImport(rules, 'src/engine/a/b.ts', '../c.ts'), undefined);
  assert.equal(checkImport(rules, 'src/engine/state/b.ts', 'node:sqlite'), undefined);
  assert.equal(checkImport(rules, 'src/engine/b.ts', 'koffi'), undefined);
});

test('checkImport() refuses what points upwards, leaves the layer or is not listed', () => {
  assert.match(checkImport(rules, 'src/base/a.ts', '#engine/b.ts') ?? '', /base must not import engine/);
  assert.match(checkImport(rules, 'src/base/a.ts', '../engine/b.ts') ?? '', /leaves its layer/);
  assert.match(checkImport(rules, 'src/base/a.ts', 'node:net') ?? '', /base must not import node:net/);
  assert.match(checkImport(rules, 'src/engine/a.ts', 'node:sqlite') ?? '', /only src\/engine\/state\//);
  assert.match(checkImport(rules, 'src/engine/a.ts', 'left-pad') ?? '', /the package left-pad/);
  assert.match(checkImport(rules, 'src/engine/a.ts', '#engine/b.ts') ?? '', /relative path/);
});

test('importsOf() finds static, type, side effect, re-export and dynamic imports', () => {
  const source = `import a from 'a';\nimport type { B } from "b";\nimport {\n  c,\n} from 'c';\nimport 'd';\nexport { e } from 'e';\nconst f = await import('f');\n`;
  assert.deepEqual(importsOf(source), ['a', 'b', 'c', 'd', 'e', 'f']);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { relocate } from './library-types.ts';

test('relocate() makes package imports relative and says what they need', () => {
  const text =
    "import type { A } from '#spec/a/b.ts';\nexport * from './near.ts';\nimport { Readable } from 'node:stream';\n";
  assert.deepEqual(relocate(text, 'client/containers/run'), {
    text: "import type { A } from '../../spec/a/b.js';\nexport * from './near.js';\nimport { Readable } from 'node:stream';\n",
    needs: ['spec/a/b', 'client/containers/near'],
  });
  assert.equal(relocate("type B = import('#base/x.ts').X;", 'main/y').text, "type B = import('../base/x.js').X;");
});

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { encodeTarHeader, plainEntry, TAR_END, tarPadding } from '#spec/tar/tar-writer.ts';
import { listMembers } from './list-members.ts';

test('listMembers() reads what is wanted, and refuses when all of it together is too much', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-members-'));
  const file = (path: string) => [
    encodeTarHeader({ ...plainEntry('file', path), size: 300 }),
    Buffer.alloc(300, path),
    Buffer.alloc(tarPadding(300)),
  ];
  const blob = join(folder, 'layer');
  try {
    writeFileSync(blob, Buffer.concat([...file('a'), ...file('b'), ...file('other'), TAR_END]));
    const { members, contents } = await listMembers({ blob, wanted: '^[ab]$', contentMax: 600 });
    assert.equal(members.length, 3);
    assert.deepEqual([...contents.keys()], ['a', 'b']);
    await assert.rejects(listMembers({ blob, wanted: '^[ab]$', contentMax: 599 }), {
      kind: 'unsupported',
      message: 'b has 300 bytes, at most 599 are read of a layer',
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { volumeUsage } from './volume-usage.ts';

test('volumeUsage() counts bytes and users, also of a volume whose files are gone', async () => {
  const root = mkdtempSync(join(tmpdir(), 'berth-volumes-'));
  try {
    mkdirSync(join(root, 'volumes/a/_data/sub'), { recursive: true });
    writeFileSync(join(root, 'volumes/a/_data/one'), 'xyz');
    writeFileSync(join(root, 'volumes/a/_data/sub/two'), '12345');
    const all = () => [
      { name: 'a', createdNs: 1_700_000_000_000_000_000n, users: 2 },
      { name: 'b', createdNs: 0n, users: 0 },
    ];
    const [a, b] = await volumeUsage(root, { all });
    assert.deepEqual(a?.UsageData, { RefCount: 2, Size: 8 });
    assert.equal(a?.CreatedAt, '2023-11-14T22:13:20Z');
    assert.equal(a?.Mountpoint, join(root, 'volumes/a/_data'));
    assert.deepEqual(b?.UsageData, { RefCount: 0, Size: 0 });
  } finally {
    rmSync(root, { recursive: true });
  }
});

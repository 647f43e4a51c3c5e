import assert from 'node:assert/strict';
import { linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
    const row = (name: string, createdNs: bigint, users: number, options: Record<string, string> | null = null) => ({
      name,
      createdNs,
      users,
      labels: null,
      options,
      directory: name,
      status: 'ready' as const,
      remover: '',
    });
    linkSync(join(root, 'volumes/a/_data/one'), join(root, 'volumes/a/_data/sub/again'));
    const mounted = row('c', 0n, 0, { type: 'nfs', device: ':/x' });
    const [a, b, c] = await volumeUsage(root, [row('a', 1_700_000_000_500_000_000n, 2), row('b', 0n, 0), mounted]);
    assert.deepEqual(a?.UsageData, { RefCount: 2, Size: 8 });
    assert.equal(a?.CreatedAt, '2023-11-14T22:13:20Z');
    assert.equal(a?.Mountpoint, join(root, 'volumes/a/_data'));
    assert.deepEqual(b?.UsageData, { RefCount: 0, Size: 0 });
    assert.deepEqual(c?.UsageData, { RefCount: 0, Size: -1 });
  } finally {
    rmSync(root, { recursive: true });
  }
});

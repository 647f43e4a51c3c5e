import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { completeHostConfig } from './host-config.ts';
import { allowNextRun, rootOfRun } from './root-of-run.ts';

test('rootOfRun() spares synchronising what is removed at its end, and nothing else', () => {
  const rootfs = { type: 'overlay', lower: ['/l'], upper: '/u', work: '/w' } as const;
  const runOf = (AutoRemove: boolean) => rootOfRun(rootfs, { hostConfig: completeHostConfig({ AutoRemove }) });
  assert.deepEqual(runOf(true), { ...rootfs, volatile: true });
  assert.equal(runOf(false), rootfs);
});

test('allowNextRun() removes the mark of a volatile mount only', () => {
  const work = mkdtempSync(join(tmpdir(), 'berth-root-of-run-'));
  const rootfs = { type: 'overlay', lower: ['/l'], upper: '/u', work } as const;
  const mark = join(work, 'work/incompat/volatile');
  mkdirSync(mark, { recursive: true });
  try {
    allowNextRun(rootfs);
    assert.ok(existsSync(mark));
    allowNextRun({ ...rootfs, volatile: true });
    assert.ok(!existsSync(join(work, 'work/incompat')));
    allowNextRun({ ...rootfs, volatile: true });
  } finally {
    rmSync(work, { recursive: true });
  }
});

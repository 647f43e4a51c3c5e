import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BerthError } from '#base/errors.ts';
import { type ArchivesParts, createArchives } from './engine-archives.ts';

function archivesWhosePause(pause: () => Promise<void>, unpause = async () => {}) {
  const calls: string[] = [];
  const container = { id: 'c', name: 'c', image: 'i', labels: {}, running: true, paused: false };
  const parts = {
    containers: {
      locate: async () => container,
      pause,
      unpause: async () => {
        calls.push('unpause');
        await unpause();
      },
    },
    commit: async () => {
      calls.push('commit');
      return 'id';
    },
    emit: () => {},
  } as unknown as ArchivesParts;
  return { archives: createArchives(parts), calls };
}

test('commit() takes a container that ends while it is to be paused as it is', async () => {
  const ended = archivesWhosePause(async () => {
    throw new BerthError('conflict', 'container.not-running', 'container c is not running');
  });
  assert.equal(await ended.archives.commit('c'), 'id');
  assert.deepEqual(ended.calls, ['commit']);
  const running = archivesWhosePause(async () => {});
  await running.archives.commit('c');
  assert.deepEqual(running.calls, ['commit', 'unpause']);
  const dying = archivesWhosePause(
    async () => {},
    async () => {
      throw new BerthError('conflict', 'container.not-paused', 'Container c is not paused');
    },
  );
  assert.equal(await dying.archives.commit('c'), 'id');
  const failing = archivesWhosePause(async () => {
    throw new BerthError('internal', 'cgroup.failed', 'no');
  });
  await assert.rejects(failing.archives.commit('c'), /^BerthError: no$/);
});

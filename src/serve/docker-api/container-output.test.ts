import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { type ContainerOutputBackend, containerOutputRoutes } from './container-output.ts';
import { createRouter } from './router.ts';

test('logs have a frame for each line, but for clients that copy what is in frames', async () => {
  const asked: boolean[] = [];
  const logs = {
    read: async (_ref: string, query: { readonly joinFrames?: boolean }) => {
      asked.push(query.joinFrames === true);
      return { stream: Readable.from([]), multiplexed: true };
    },
  };
  const dispatch = createRouter(containerOutputRoutes({ logs } as unknown as ContainerOutputBackend));
  const from = (headers: Readonly<Record<string, string>>) =>
    dispatch({ method: 'GET', path: '/containers/x/logs', query: { stdout: '1' }, headers });
  await from({ 'user-agent': 'docker-sdk-python/7.1.0' });
  await from({});
  await from({ 'user-agent': 'Docker-Client/28.2.2 (linux)' });
  await from({ 'x-berth-join-frames': '1' });
  assert.deepEqual(asked, [false, false, true, true]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerCreateRequest, ContainerUpdateRequest } from '#spec/docker-api/containers.ts';
import { createRequestFor, createWarnings, updateRequestFor } from './older-requests.ts';

const refused = (version: string, request: unknown, message: RegExp) =>
  assert.throws(() => createRequestFor(version, request as ContainerCreateRequest), { kind: 'invalid', message });

test('createRequestFor() takes one network until 1.43, and what is new only of versions that know it', () => {
  const two = {
    NetworkingConfig: { EndpointsConfig: { a: {}, b: { MacAddress: '02:00:00:00:00:01', GwPriority: 3 } } },
  };
  refused('1.43', two, /^Container cannot be created with multiple network endpoints: a, b$/);
  assert.deepEqual(createRequestFor('1.44', two).NetworkingConfig?.EndpointsConfig?.['b'], {
    MacAddress: '02:00:00:00:00:01',
    GwPriority: 0,
  });
  assert.equal(createRequestFor('1.48', two), two);
  const mounts = (mount: object) => ({ HostConfig: { Mounts: [mount] } });
  refused('1.44', mounts({ Type: 'volume', VolumeOptions: { Subpath: 'x' } }), /needs API v1.45/);
  refused('1.47', mounts({ Type: 'image' }), /needs API v1.48/);
  refused('1.43', mounts({ Type: 'bind', BindOptions: { ReadOnlyForceRecursive: true } }), /needs API v1.44/);
});

test('createRequestFor() reads older requests with the defaults of their time', () => {
  const request = {
    Healthcheck: { StartInterval: 5, Interval: 6 },
    HostConfig: {
      AutoRemove: true,
      KernelMemory: 7,
      ConsoleSize: [1, 2] as const,
      Annotations: { a: 'b' },
      Mounts: [{ Type: 'tmpfs', Target: '/x', VolumeOptions: {}, BindOptions: { CreateMountpoint: true } }],
    },
  };
  const v124 = createRequestFor('1.24', request);
  assert.deepEqual(v124.HostConfig, {
    AutoRemove: false,
    IpcMode: 'shareable',
    KernelMemory: 7,
    ConsoleSize: [0, 0],
    Mounts: [{ Type: 'tmpfs', Target: '/x', BindOptions: { CreateMountpoint: false, NonRecursive: false } }],
  });
  assert.deepEqual(v124.Healthcheck, { StartInterval: 0, Interval: 6 });
  const { KernelMemory: _, ...host } = request.HostConfig;
  assert.deepEqual(createRequestFor('1.47', request), { ...request, HostConfig: host, NetworkingConfig: null });
});

test('createWarnings() tells newer clients of fields that have moved', () => {
  const request = {
    MacAddress: '02:00:00:00:00:01',
    HostConfig: { VolumeDriver: 'local', Mounts: [{ Type: 'volume', Target: '/x' }] },
  } as unknown as ContainerCreateRequest;
  assert.deepEqual(
    [createWarnings('1.43', request), createWarnings('1.44', request), createWarnings('1.50', request)].map(
      ({ length }) => length,
    ),
    [0, 1, 2],
  );
});

test('updateRequestFor() ignores limits that the version does not have', () => {
  const request: ContainerUpdateRequest = { Memory: 1, PidsLimit: 2, KernelMemory: 3 };
  assert.deepEqual(updateRequestFor('1.39', request), { Memory: 1, KernelMemory: 3 });
  assert.deepEqual(updateRequestFor('1.50', request), { Memory: 1, PidsLimit: 2 });
});

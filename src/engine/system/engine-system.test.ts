import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import type { ContainerSummary } from '#spec/docker-api/containers.ts';
import type { LimitSupport } from '../containers/resource-limits.ts';
import { NO_DEFAULTS } from '../defaults.ts';
import { createSystem, type SystemParts } from './engine-system.ts';

const LIMITS: LimitSupport = {
  cpus: '0-1',
  mems: '0',
  cpuCount: 2,
  memory: true,
  swap: false,
  swappiness: true,
  memoryReservation: true,
  oomKillDisable: true,
  pids: true,
  cpuShares: true,
  cpuQuota: false,
  cpuRealtime: false,
  cpuset: true,
  blkioWeight: true,
  blkioWeightDevice: true,
  blkioThrottle: true,
};

const root = mkdtempSync(`${tmpdir()}/berth-system-`);
process.on('exit', () => rmSync(root, { recursive: true, force: true }));

function parts(asked: string[] = []): SystemParts {
  const states = ['running', 'paused', 'exited', 'created', 'exited'] as const;
  return {
    root,
    containers: {
      list: async (query) => {
        asked.push(`containers ${query?.size}`);
        return states.map((State) => ({ State }) as unknown as ContainerSummary);
      },
    },
    images: {
      list: async (query) => {
        asked.push(`images ${query?.sharedSize}`);
        return [];
      },
    },
    layersSize: async () => 42,
    volumes: async () => [],
    storage: async () => ({ Root: '/r', Total: 0, Parts: [] }),
    check: async ({ repair }) => [{ Code: 'blob.missing', Subject: 'a', Message: 'b', Repaired: repair }],
    driver: () => ({ name: 'overlay', status: [['Backing Filesystem', 'extfs']] }),
    limits: () => LIMITS,
    cgroupVersion: () => 2,
    machine: () => ({ cpus: 2, memoryBytes: 1024 }),
    kernelRelease: () => '6.1.0',
    apparmor: () => true,
    networkWarnings: async () => [],
    runtimes: () => ({ berth: { path: 'berth-runtime' } }),
    defaultRuntime: 'berth',
    apiVersion: '1.50',
    minimumApiVersion: '1.24',
    build: { version: '1.2.3', commit: 'abc', time: '' },
  };
}

test('createSystem() info() counts containers by state and says what the machine cannot limit', async () => {
  const info = await createSystem(parts()).info();
  assert.deepEqual(
    [info.Containers, info.ContainersRunning, info.ContainersPaused, info.ContainersStopped],
    [5, 1, 1, 3],
  );
  assert.deepEqual(info.Warnings, [
    'WARNING: No swap limit support',
    'WARNING: No cpu cfs quota support',
    'WARNING: No cpu cfs period support',
  ]);
  assert.deepEqual(info.SecurityOptions, ['name=apparmor', 'name=seccomp,profile=builtin', 'name=cgroupns']);
  assert.equal((await createSystem(parts()).info()).ID, info.ID, 'the id stays');
});

test('createSystem() version() names its parts', async () => {
  const version = await createSystem(parts()).version();
  assert.equal(version.Version, '1.2.3');
  assert.deepEqual(
    version.Components.map(({ Name }) => Name),
    ['Engine', 'berth-runtime'],
  );
});

test('createSystem() check() reports what the store found', async () => {
  const { Findings } = await createSystem(parts()).check({ repair: true });
  assert.deepEqual(Findings, [{ Code: 'blob.missing', Subject: 'a', Message: 'b', Repaired: true }]);
});

test('createSystem() diskUsage() only looks at what is asked for', async () => {
  const asked: string[] = [];
  const system = createSystem(parts(asked));
  assert.equal((await system.diskUsage(['container'])).LayersSize, 0);
  assert.deepEqual(asked, ['containers true']);
  assert.equal((await system.diskUsage()).LayersSize, 42);
  assert.deepEqual(asked.slice(1).sort(), ['containers true', 'images true']);
});

test('createSystem() info() shows no passwords of proxies', async () => {
  const proxies = { http: 'http://me:pa/s@s@proxy:3128', https: 'me:secret@proxy:3128', none: 'localhost' };
  const info = await createSystem({ ...parts(), defaults: () => ({ ...NO_DEFAULTS, proxies }) }).info();
  assert.deepEqual(
    [info.HttpProxy, info.HttpsProxy, info.NoProxy],
    ['http://xxxxx:xxxxx@proxy:3128', 'xxxxx:xxxxx@proxy:3128', 'localhost'],
  );
});

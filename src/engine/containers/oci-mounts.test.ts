import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HostConfig } from '#spec/docker-api/containers.ts';
import { completeHostConfig } from './host-config.ts';
import { parseBind } from './mount-spec.ts';
import { mergeTmpfsOptions, planMounts, rootPropagation } from './oci-mounts.ts';
import { parseMount } from './parse-mount.ts';

const etc = { hostname: '/c/hostname', hosts: '/c/hosts', resolvConf: '/c/resolv.conf' };

function plan(fields: Partial<HostConfig>, binds: readonly string[] = []) {
  const mounts = binds.map(parseBind);
  return planMounts({ host: completeHostConfig(fields), mounts, etc, initProgram: undefined, sharedMemory: undefined });
}

const at = (mounts: ReturnType<typeof plan>, path: string) => mounts.filter(({ destination }) => destination === path);

test('planMounts() gives docker kernel file systems, parents before children', () => {
  const places = plan({}).map(({ destination }) => destination);
  assert.deepEqual(places.slice(0, 3).sort(), ['/dev', '/proc', '/sys']);
  assert.ok(places.indexOf('/dev') < places.indexOf('/dev/pts'));
  assert.ok(places.indexOf('/sys') < places.indexOf('/sys/fs/cgroup'));
  assert.deepEqual(at(plan({}), '/sys')[0]?.options, ['nosuid', 'noexec', 'nodev', 'ro']);
  assert.deepEqual(at(plan({ Privileged: true }), '/sys')[0]?.options, ['nosuid', 'noexec', 'nodev', 'rw']);
});

test('planMounts() lets the own mounts of a container take the place of the others', () => {
  const mounts = plan({ Tmpfs: { '/dev/shm': 'size=1m' } }, ['/h:/etc/hosts:ro']);
  assert.equal(at(mounts, '/dev/shm').length, 1);
  const devices = plan({}, ['/dev:/dev:ro']).filter(({ destination }) => destination.startsWith('/dev'));
  assert.deepEqual(
    devices.map(({ type, source }) => [type, source]),
    [['bind', '/dev']],
  );
  assert.deepEqual(at(mounts, '/etc/hosts'), [
    { destination: '/etc/hosts', type: 'bind', source: '/h', options: ['rbind', 'rro', 'rprivate'] },
  ]);
});

test('planMounts() shares or leaves out shared memory by the IPC mode', () => {
  assert.equal(at(plan({ IpcMode: 'none' }), '/dev/shm').length, 0);
  assert.equal(at(plan({ IpcMode: 'host' }), '/dev/shm')[0]?.source, '/dev/shm');
  assert.ok(at(plan({ ShmSize: 4096 }), '/dev/shm')[0]?.options?.includes('size=4096'));
});

test('planMounts() makes the engine files read-only under a read-only root', () => {
  assert.ok(at(plan({ ReadonlyRootfs: true }), '/etc/hosts')[0]?.options?.includes('ro'));
});

test('mergeTmpfsOptions() lets later words win over their opposites', () => {
  assert.deepEqual(mergeTmpfsOptions(['noexec', 'nosuid', 'size=1m'], ['exec', 'size=2m', 'ro']), [
    'nosuid',
    'exec',
    'size=2m',
    'ro',
  ]);
});

test('rootPropagation() asks for what binds need and checks their sources', () => {
  const entry = (mountPoint: string, propagation: string[]) => ({
    id: 1,
    parentId: 0,
    device: '0:1',
    root: '/',
    mountPoint,
    options: [],
    propagation,
    type: 'tmpfs',
    source: 'none',
    superOptions: [],
  });
  const table = (propagation: string[]) => () => [entry('/', []), entry('/tmp', propagation)];
  const bind = (mode: string) => [parseBind(`/tmp:/x:${mode}`)];
  assert.equal(rootPropagation(bind('rprivate')), undefined);
  assert.equal(rootPropagation(bind('rshared'), table(['shared:1'])), 'shared');
  assert.equal(rootPropagation(bind('slave'), table(['master:1'])), 'slave');
  assert.throws(() => rootPropagation(bind('shared'), table(['master:1'])), {
    message: 'path /tmp is mounted on /tmp but it is not a shared mount',
  });
  assert.throws(() => rootPropagation(bind('rslave'), table([])), { message: /not a shared or slave mount/ });
  const volume = parseMount({ Type: 'volume', Target: '/v' }, () => true);
  assert.equal(rootPropagation([volume]), undefined);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerCreateRequest, HostConfig, Loose } from '#spec/docker-api/containers.ts';
import { openEngineFixture, request } from '../../lib/engine-fixture.ts';

const host = (HostConfig: Loose<HostConfig>): ContainerCreateRequest => request(['true'], { HostConfig });

const REFUSED: [string, ContainerCreateRequest, string, string | RegExp][] = [
  ['image', { ...request(['true']), Image: 'nope' }, 'not-found', 'No such image: nope:latest'],
  ['no image', { Cmd: ['true'] }, 'invalid', /Image is empty/],
  ['no command', { ...request([]), Entrypoint: [''] }, 'invalid', 'no command specified'],
  ['signal', request(['true'], { StopSignal: 'X' }), 'invalid', 'invalid signal: X'],
  ['memory', host({ Memory: 1024 }), 'invalid', 'Minimum memory limit allowed is 6MB'],
  ['swap', host({ MemorySwap: 1 << 30 }), 'invalid', /You should always set the Memory limit/],
  ['cpus', host({ NanoCpus: 1e15 }), 'invalid', /^range of CPUs is from 0\.01 to \d+\.00, as there are only \d+ CPUs/],
  ['cpuset', host({ CpusetCpus: '999' }), 'invalid', /Requested CPUs are not available - requested 999, available: /],
  ['cpu conflict', host({ NanoCpus: 1e9, CpuQuota: 5000 }), 'invalid', /Conflicting options: Nano CPUs and CPU Quota/],
  ['weight', host({ BlkioWeight: 5 }), 'invalid', /Range of blkio weight is from 10 to 1000|^$/],
  ['ipc', host({ IpcMode: 'x' }), 'invalid', 'invalid IPC mode: x'],
  ['pid', host({ PidMode: 'x' }), 'invalid', 'invalid PID mode: x'],
  ['uts', host({ UTSMode: 'x' }), 'invalid', 'invalid UTS mode: x'],
  ['joined', host({ PidMode: 'container:nope' }), 'not-found', 'No such container: nope'],
  ['restart', host({ RestartPolicy: { Name: 'x', MaximumRetryCount: 0 } }), 'invalid', /unknown policy 'x'/],
  [
    'rm and restart',
    host({ AutoRemove: true, RestartPolicy: { Name: 'always', MaximumRetryCount: 0 } }),
    'invalid',
    "can't create 'AutoRemove' container with restart policy",
  ],
  ['capability', host({ CapAdd: ['FLY'] }), 'invalid', 'invalid CapAdd: unknown capability: "FLY"'],
  ['security option', host({ SecurityOpt: ['x=y'] }), 'invalid', 'invalid --security-opt 2: "x=y"'],
  ['seccomp', host({ SecurityOpt: ['seccomp={'] }), 'invalid', /^Decoding seccomp profile failed/],
  ['sysctl', host({ Sysctls: { 'vm.swappiness': '1' } }), 'invalid', /is not in a separate kernel namespace/],
  ['log driver', host({ LogConfig: { Type: 'x', Config: {} } }), 'invalid', /no log driver named 'x' is registered/],
  ['known log driver', host({ LogConfig: { Type: 'gelf', Config: {} } }), 'unsupported', /'gelf' is not supported/],
  ['log option', host({ LogConfig: { Type: 'json-file', Config: { a: '1' } } }), 'invalid', /unknown log opt 'a'/],
  ['storage', host({ StorageOpt: { size: '1G' } }), 'unsupported', /storage option "size" is not supported/],
  ['runtime', host({ Runtime: 'x' }), 'invalid', 'unknown or invalid runtime name: x'],
  ['volume name', host({ Binds: ['a b:/data'] }), 'invalid', /^create a b: "a b" includes invalid characters/],
  ['doubled mount', host({ Binds: ['/tmp:/a', '/tmp:/a/'] }), 'invalid', 'Duplicate mount point: /a'],
  [
    'gpus',
    host({ DeviceRequests: [{ Count: -1, Capabilities: [['gpu']] }] }),
    'invalid',
    /could not select device driver/,
  ],
  ['user namespace', host({ UsernsMode: 'x' }), 'invalid', /invalid USER mode: x/],
];

test('create refuses what cannot be, in docker words, and changes nothing', async () => {
  await using fixture = await openEngineFixture();
  const { containers } = fixture.core;
  for (const [what, create, kind, message] of REFUSED) {
    await assert.rejects(
      containers.create(create),
      (error: Error & { kind?: string }) => {
        assert.equal(error.kind, kind, `${what}: ${error.message}`);
        if (typeof message === 'string') assert.equal(error.message, message);
        else assert.match(error.message, message, what);
        return true;
      },
      what,
    );
  }
  await assert.rejects(containers.create(request(['true']), { name: '-bad' }), /Invalid container name \(-bad\)/);
  assert.deepEqual(await containers.list({ all: true }), []);
});

test('inspect shows docker fields with their defaults', async () => {
  await using fixture = await openEngineFixture();
  const { containers } = fixture.core;
  const { Id } = await containers.create(request(['sh', '-c', 'true'], { Labels: { a: 'b' } }), { name: 'shown' });
  const shown = await containers.inspect('shown', { size: true });
  assert.equal(shown.Id, Id);
  assert.match(shown.Created, /^20\d\d-\d\d-\d\dT[\d:.]+Z$/);
  assert.deepEqual([shown.Path, shown.Args], ['sh', ['-c', 'true']]);
  assert.deepEqual(shown.State, {
    Status: 'created',
    Running: false,
    Paused: false,
    Restarting: false,
    OOMKilled: false,
    Dead: false,
    Pid: 0,
    ExitCode: 0,
    Error: '',
    StartedAt: '0001-01-01T00:00:00Z',
    FinishedAt: '0001-01-01T00:00:00Z',
  });
  assert.equal(shown.HostConfig.RestartPolicy.Name, 'no');
  assert.equal(shown.HostConfig.ShmSize, 67108864);
  assert.equal(shown.HostConfig.LogConfig.Type, 'json-file');
  assert.deepEqual(shown.Config.Labels, { a: 'b' });
  assert.equal(shown.Config.Hostname, Id.slice(0, 12));
  assert.ok(shown.LogPath.endsWith(`${Id}-json.log`));
  assert.deepEqual([shown.SizeRw, (shown.SizeRootFs ?? 0) > 1_000_000], [0, true]);
  assert.deepEqual(Object.keys(shown.NetworkSettings.Networks), ['none']);
});

test('a health check is kept and shown as starting, and create says that nobody runs it without a daemon', async () => {
  await using fixture = await openEngineFixture();
  const { containers } = fixture.core;
  const created = await containers.create(request(['sleep', '1000'], { Healthcheck: { Test: ['CMD', 'true'] } }));
  assert.match(created.Warnings.join(), /Health checks are run by a daemon/);
  await containers.start(created.Id);
  const { State, Config } = await containers.inspect(created.Id);
  assert.deepEqual([State.Health?.Status, Config.Healthcheck?.Test], ['starting', ['CMD', 'true']]);
  const [listed] = await containers.list({ filters: { health: ['starting'] } });
  assert.match(listed?.Status ?? '', /\(health: starting\)$/);
});

test('list filters as docker ps does', async () => {
  await using fixture = await openEngineFixture();
  const { containers } = fixture.core;
  const made: string[] = [];
  for (const name of ['alpha', 'beta', 'gamma']) {
    const { Id } = await containers.create(
      request(['sleep', '1000'], { Labels: { name }, ExposedPorts: name === 'beta' ? { '80/tcp': {} } : {} }),
      { name },
    );
    made.push(Id);
  }
  const { done } = await containers.wait('gamma', 'next-exit');
  await containers.start('gamma');
  await containers.start('beta');
  await containers.kill('gamma');
  await done;
  const names = async (filters: Record<string, string[]>, all = true) =>
    (await containers.list({ all, filters })).map(({ Names }) => Names[0]);
  assert.deepEqual(await names({}), ['/gamma', '/beta', '/alpha']);
  assert.deepEqual(await names({}, false), ['/beta']);
  assert.deepEqual(await names({ name: ['^/?al'] }), ['/alpha']);
  assert.deepEqual(await names({ id: [made[1]?.slice(0, 12) ?? ''] }), ['/beta']);
  assert.deepEqual(await names({ label: ['name=gamma'] }), ['/gamma']);
  assert.deepEqual(await names({ status: ['created', 'running'] }, false), ['/beta', '/alpha']);
  assert.deepEqual(await names({ exited: ['137'] }), ['/gamma']);
  assert.deepEqual(await names({ before: ['beta'] }), ['/alpha']);
  assert.deepEqual(await names({ since: ['beta'] }), ['/gamma']);
  assert.deepEqual(await names({ ancestor: ['busybox'] }), ['/gamma', '/beta', '/alpha']);
  assert.deepEqual(await names({ ancestor: ['other'] }), []);
  assert.deepEqual(await names({ network: ['none'] }), ['/gamma', '/beta', '/alpha']);
  assert.deepEqual(await names({ expose: ['80'] }), ['/beta']);
  assert.deepEqual(await names({ health: ['none'] }), ['/gamma', '/beta', '/alpha']);
  assert.deepEqual(await names({ 'is-task': ['true'] }), []);
  assert.deepEqual(
    (await containers.list({ limit: 1 })).map(({ Names }) => Names[0]),
    ['/gamma'],
  );
  await assert.rejects(names({ status: ['x'] }), /invalid filter 'status=x': invalid value for state \(x\)/);
  await assert.rejects(names({ exited: ['x'] }), /invalid filter 'exited=x'/);
  await assert.rejects(names({ before: ['nope'] }), { kind: 'not-found', message: 'No such container: nope' });
  const report = await containers.prune({ 'label!': ['name=alpha'] });
  assert.deepEqual(report.ContainersDeleted, [made[2]]);
});

test('explain tells what a start would do and creates nothing', async () => {
  await using fixture = await openEngineFixture();
  const { containers } = fixture.core;
  const text = await containers.explain(
    request(['sh', '-c', 'true'], { Volumes: { '/data': {} }, HostConfig: { Memory: 64 * 1024 * 1024 } }),
  );
  for (const word of ['namespace', 'control group', 'overlay', 'capabilit', 'filter', '67108864']) {
    assert.ok(text.toLowerCase().includes(word), `says something of ${word}: ${text}`);
  }
  assert.deepEqual(await containers.list({ all: true }), []);
});

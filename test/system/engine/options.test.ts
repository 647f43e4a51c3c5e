import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ContainerCreateRequest } from '#spec/docker-api/containers.ts';
import { type EngineFixture, openEngineFixture, request, run, split } from '../../lib/engine-fixture.ts';

async function sh(fixture: EngineFixture, script: string, more: ContainerCreateRequest = {}): Promise<string> {
  const { HostConfig, ...rest } = more;
  const result = await run(
    fixture.core,
    request(['sh', '-c', script], { ...rest, HostConfig: { ...HostConfig, AutoRemove: true } }),
  );
  assert.equal(result.code, 0, `${script}: ${result.stdout}${result.stderr}`);
  return result.stdout.trim();
}

test('a plain container is alone: its own processes, name, files and limits', async () => {
  await using fixture = await openEngineFixture();
  const out = await sh(
    fixture,
    'echo $$; hostname; cat /etc/hostname; ulimit -n; ulimit -Hn; cat /proc/sys/net/ipv4/ip_unprivileged_port_start; ls /sys/class/net; wc -c < /proc/keys',
  );
  const [pid, name, file, soft, hard, port, device, keys] = out.split('\n');
  assert.deepEqual([pid, soft, port, device, keys], ['1', '1024', '0', 'lo', '0']);
  assert.match(name ?? '', /^[0-9a-f]{12}$/);
  assert.equal(file, name);
  assert.ok(Number(hard) >= 1024);
  await assert.rejects(sh(fixture, 'echo 1 > /proc/sys/kernel/panic'));
  await assert.rejects(sh(fixture, 'mount -t tmpfs none /tmp'));
});

test('users: by name, number and group, with their groups and home', async () => {
  await using fixture = await openEngineFixture();
  assert.equal(await sh(fixture, 'id; echo $HOME'), 'uid=0(root) gid=0(root) groups=0(root),10(wheel)\n/root');
  assert.equal(
    await sh(fixture, 'id; echo $HOME', { User: 'app' }),
    'uid=1000(app) gid=1000(app) groups=29(audio),1000(app)\n/home/app',
  );
  assert.equal(
    await sh(fixture, 'id -u; id -g; id -G; grep CapEff /proc/self/status | cut -f2', {
      User: '1000:29',
      HostConfig: { GroupAdd: ['wheel', '55'] },
    }),
    '1000\n29\n29 10 55\n0000000000000000',
  );
});

test('environment, working directory, host name, domain and extra hosts', async () => {
  await using fixture = await openEngineFixture();
  const out = await sh(fixture, 'pwd; echo $A-$B; hostname; cat /etc/hosts; cat /etc/resolv.conf', {
    WorkingDir: '/srv//new/',
    Env: ['A=1', 'B=two words'],
    Hostname: 'box',
    Domainname: 'example.org',
    HostConfig: { ExtraHosts: ['db:10.0.0.7'], Dns: ['9.9.9.9'], DnsSearch: ['corp'], DnsOptions: ['ndots:2'] },
  });
  assert.match(out, /^\/srv\/new\n1-two words\nbox\n/);
  assert.match(out, /^10\.0\.0\.7\tdb$/m);
  assert.match(out, /^127\.0\.0\.1\tbox\.example\.org box$/m);
  assert.match(out, /nameserver 9\.9\.9\.9\nsearch corp\noptions ndots:2$/);
});

test('binds: read-only, read-write, a file, made when missing; volumes are filled from the image', async () => {
  await using fixture = await openEngineFixture();
  const { scratch, core, root } = fixture;
  const folder = join(scratch, 'folder');
  mkdirSync(folder);
  writeFileSync(join(folder, 'file'), 'host\n');
  const missing = join(scratch, 'made', 'later');
  const out = await sh(
    fixture,
    'cat /ro/file /f; echo x > /rw/new; echo y > /made/it; (echo z > /ro/no) 2>&1 | grep -c Read-only',
    { HostConfig: { Binds: [`${folder}:/ro:ro`, `${folder}:/rw`, `${folder}/file:/f:ro`, `${missing}:/made`] } },
  );
  assert.equal(out, 'host\nhost\n1');
  assert.equal(readFileSync(join(folder, 'new'), 'utf8'), 'x\n');
  assert.equal(readFileSync(join(missing, 'it'), 'utf8'), 'y\n');
  const result = await run(
    core,
    request(['sh', '-c', 'cat /srv/data/seed; stat -c %u /srv/data; echo more > /srv/data/own'], {
      Volumes: { '/srv/data': {} },
    }),
  );
  assert.equal(result.stdout, 'from the image\n1000\n');
  const [mount] = (await core.containers.inspect(result.id)).Mounts;
  assert.deepEqual([mount?.Type, mount?.Destination, mount?.RW, mount?.Driver], ['volume', '/srv/data', true, 'local']);
  assert.ok(mount?.Source.startsWith(root));
  assert.equal(readFileSync(`${mount?.Source}/own`, 'utf8'), 'more\n');
  const borrowed = await sh(fixture, 'cat /srv/data/own; (echo > /srv/data/x) 2>&1 | grep -c Read-only', {
    HostConfig: { VolumesFrom: [`${result.id}:ro`] },
  });
  assert.equal(borrowed, 'more\n1');
  await core.containers.remove(result.id, { volumes: true });
  assert.equal(existsSync(mount?.Source ?? ''), false);
});

test('tmpfs with options, read-only root, shared memory size, devices', async () => {
  await using fixture = await openEngineFixture();
  const out = await sh(
    fixture,
    'grep " /t " /proc/mounts; grep " /dev/shm " /proc/mounts; (echo > /x) 2>&1 | grep -c Read-only; echo > /t/x; ls -l /dev/mine | cut -c1; head -c 4 /dev/mine | wc -c',
    {
      HostConfig: {
        ReadonlyRootfs: true,
        Tmpfs: { '/t': 'size=1m,mode=700,exec' },
        ShmSize: 2 * 1024 * 1024,
        Devices: [{ PathOnHost: '/dev/zero', PathInContainer: '/dev/mine', CgroupPermissions: 'r' }],
      },
    },
  );
  const [tmpfs = '', shm = '', ...rest] = out.split('\n');
  assert.match(tmpfs, /^tmpfs \/t tmpfs rw,nosuid,nodev,.*size=1024k.*mode=700/);
  assert.ok(!tmpfs.includes('noexec'));
  assert.match(shm, /size=2048k/);
  assert.deepEqual(rest, ['1', 'c', '4']);
});

test('capabilities, privileged, seccomp, no-new-privileges, masked and read-only paths', async () => {
  await using fixture = await openEngineFixture();
  const caps = 'grep -E "CapEff|Seccomp:|NoNewPrivs" /proc/self/status | cut -f2 | tr "\\n" " "';
  assert.equal(await sh(fixture, caps), '00000000a80425fb 0 2');
  assert.equal(
    await sh(fixture, caps, {
      HostConfig: { CapDrop: ['ALL'], CapAdd: ['chown'], SecurityOpt: ['no-new-privileges', 'seccomp=unconfined'] },
    }),
    '0000000000000001 1 0',
  );
  const privileged = await sh(fixture, `${caps}; mount -t tmpfs none /tmp && echo mounted; ls /dev/kmsg`, {
    HostConfig: { Privileged: true },
  });
  assert.match(privileged, /^[0-9a-f]+ 0 0 \n?mounted\n\/dev\/kmsg$/);
  assert.equal(
    await sh(fixture, 'head -c 1 /proc/keys | wc -c; test -w /proc/sys/kernel/hostname && echo w', {
      HostConfig: { MaskedPaths: [], ReadonlyPaths: [] },
    }),
    '1\nw',
  );
});

test('namespaces of the host and of other containers are shared when asked', async () => {
  await using fixture = await openEngineFixture();
  const { core } = fixture;
  const own = (kind: string) => readlinkSync(`/proc/self/ns/${kind}`);
  const host = await sh(fixture, 'for n in net pid ipc uts cgroup; do readlink /proc/self/ns/$n; done', {
    HostConfig: { NetworkMode: 'host', PidMode: 'host', IpcMode: 'host', UTSMode: 'host', CgroupnsMode: 'host' },
  });
  assert.deepEqual(host.split('\n'), ['net', 'pid', 'ipc', 'uts', 'cgroup'].map(own));
  const { Id } = await core.containers.create(
    request(['sh', '-c', 'echo shared > /dev/shm/x; exec sleep 1000'], { HostConfig: { IpcMode: 'shareable' } }),
    { name: 'donor' },
  );
  await core.containers.start(Id);
  const { Pid } = (await core.containers.inspect(Id)).State;
  const joined = await sh(
    fixture,
    'for n in net pid ipc; do readlink /proc/self/ns/$n; done; while ! cat /dev/shm/x; do sleep 0.01; done; ps | grep -c "sleep 1000"',
    { HostConfig: { NetworkMode: 'container:donor', PidMode: 'container:donor', IpcMode: 'container:donor' } },
  );
  const [net, pid, ipc, shared, seen] = joined.split('\n');
  assert.deepEqual(
    [net, pid, ipc],
    ['net', 'pid', 'ipc'].map((kind) => readlinkSync(`/proc/${Pid}/ns/${kind}`)),
  );
  assert.equal(shared, 'shared');
  assert.ok(Number(seen) >= 1);
  await core.containers.kill(Id);
  const late = await core.containers.create(request(['true'], { HostConfig: { PidMode: 'container:donor' } }));
  await assert.rejects(core.containers.start(late.Id), /is not running/);
});

test('limits are set and can be changed while the container runs', async () => {
  await using fixture = await openEngineFixture();
  const { core } = fixture;
  const { Id, Warnings } = await core.containers.create(
    request(['sleep', '1000'], {
      HostConfig: { Memory: 32 * 1024 * 1024, NanoCpus: 5e8, PidsLimit: 50, CpusetCpus: '0', CpuShares: 512 },
    }),
  );
  assert.deepEqual(Warnings, []);
  await core.containers.start(Id);
  const group = async () => {
    const exec = await core.execs.create(Id, {
      Cmd: [
        'sh',
        '-c',
        'cat /sys/fs/cgroup/memory*/memory.limit_in_bytes /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids*/pids.max /sys/fs/cgroup/pids.max 2>/dev/null',
      ],
      AttachStdout: true,
    });
    const { stream } = await core.execs.start(exec.Id, {});
    const chunks: Buffer[] = [];
    for await (const chunk of stream ?? []) chunks.push(chunk);
    return split(Buffer.concat(chunks)).stdout.trim().split('\n');
  };
  assert.deepEqual(await group(), ['33554432', '50']);
  await core.containers.update(Id, { Memory: 48 * 1024 * 1024, MemorySwap: 96 * 1024 * 1024, PidsLimit: 60 });
  assert.deepEqual(await group(), ['50331648', '60']);
  const { HostConfig } = await core.containers.inspect(Id);
  assert.deepEqual([HostConfig.Memory, HostConfig.PidsLimit, HostConfig.NanoCpus], [50331648, 60, 5e8]);
  await core.containers.update(Id, { PidsLimit: -1 });
  assert.equal((await core.containers.inspect(Id)).HostConfig.PidsLimit, 0);
  await assert.rejects(core.containers.update(Id, { CpuQuota: 2000 }), {
    kind: 'conflict',
    message: `Cannot update container ${Id}: Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set`,
  });
});

test('a container that needs more memory than it may have is killed and says so', async () => {
  await using fixture = await openEngineFixture();
  const { core } = fixture;
  const result = await run(
    core,
    request(['sh', '-c', 'x=a; while :; do x=$x$x; done'], {
      HostConfig: { Memory: 16 * 1024 * 1024, MemorySwap: 16 * 1024 * 1024 },
    }),
  );
  const { State } = await core.containers.inspect(result.id);
  assert.deepEqual([State.OOMKilled, State.ExitCode], [true, 137]);
  // The peak is there from Linux 5.19 on.
  assert.match(
    State.Error,
    /^out of memory: the kernel killed sh \(pid \d+, which held [\d.]+ MiB\), the peak was 1[56][\d.]* MiB, the limit is 16 MiB$/,
  );
});

test('--init runs the command under an init that reaps and passes signals on', async () => {
  await using fixture = await openEngineFixture();
  const out = await sh(fixture, 'cat /proc/1/cmdline | tr "\\0" " "; echo $$', { HostConfig: { Init: true } });
  assert.match(out, /^\/sbin\/docker-init -- sh -c .* \d+$/s);
});

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Scratch, withLinux, withProcess } from './bundle.ts';

test('process: user, groups, umask, environment, directory, limits, rights', async () => {
  await using scratch = new Scratch();
  const { stdout } = await scratch.shell(
    'id -u; id -G; umask; echo $HOME $X; pwd; ulimit -n; grep -E "^(CapEff|CapBnd|NoNewPrivs):" /proc/self/status; cat /proc/self/oom_score_adj',
    (config) =>
      withProcess(config, {
        user: { uid: 1000, gid: 1000, additionalGids: [7, 8], umask: 0o27 },
        env: ['PATH=/bin', 'X=y'],
        cwd: '/new/dir',
        rlimits: [{ type: 'RLIMIT_NOFILE', soft: 100, hard: 200 }],
        capabilities: { bounding: ['CAP_KILL', 'CAP_CHOWN'], effective: ['CAP_KILL'], permitted: ['CAP_KILL'] },
        oomScoreAdj: 100,
      }),
  );
  // The shell is not root: what it executes has no capabilities.
  assert.equal(
    stdout,
    [
      '1000',
      '1000 7 8',
      '0027',
      '/tmp y',
      '/new/dir',
      '100',
      'CapEff:\t0000000000000000',
      'CapBnd:\t0000000000000021',
      'NoNewPrivs:\t1',
      '100',
      '',
    ].join('\n'),
  );
});

test('root, mounts, devices: read-only root, binds of files and directories, tmpfs filled from the image', async () => {
  await using scratch = new Scratch();
  const source = join(scratch.dir, 'source');
  mkdirSync(join(source, 'deep'), { recursive: true });
  writeFileSync(join(source, 'file'), 'content');
  const { stdout, stderr } = await scratch.shell(
    'touch /x; touch /etc/y && cat /made/file; touch /made/z; cat /etc/passwd | wc -l; stat -c "%F %a %t:%T" /dev/null /dev/extra; ls /dir; readlink /dev/fd',
    (config) =>
      withLinux(
        {
          ...config,
          root: { path: 'rootfs', readonly: true },
          mounts: [
            ...(config.mounts ?? []),
            { destination: '/etc', type: 'tmpfs', source: 'tmpfs', options: ['tmpcopyup', 'mode=755'] },
            { destination: '/tmp/made/file', source: join(source, 'file'), options: ['bind'] },
            { destination: '/made', source, options: ['rbind', 'rro'] },
            { destination: '/dir', type: 'bind', source, options: ['bind', 'ro'] },
          ],
        },
        { devices: [{ path: '/dev/extra', type: 'c', major: 1, minor: 5, fileMode: 0o640 }] },
      ),
  );
  assert.equal(
    stdout,
    [
      'content2',
      'character special file 666 1:3',
      'character special file 640 1:5',
      'deep',
      'file',
      '/proc/self/fd',
      '',
    ].join('\n'),
  );
  assert.match(stderr, /\/x: Read-only file system/);
  assert.match(stderr, /\/made\/z: Read-only file system/);
});

test('links in the image lead no mount out of the root', async () => {
  await using scratch = new Scratch();
  const target = join(scratch.dir, 'host');
  mkdirSync(target);
  const bundle = await scratch.bundle(['sh', '-c', 'ls /inner'], (config) => ({
    ...config,
    root: { path: 'rootfs' },
    mounts: [...(config.mounts ?? []), { destination: '/link/inner', type: 'tmpfs', source: 'tmpfs' }],
  }));
  const { symlinkSync } = await import('node:fs');
  symlinkSync(target, join(bundle, 'rootfs/link'));
  const outcome = await scratch.run('run', '--bundle', bundle, scratch.newId());
  const { readdirSync } = await import('node:fs');
  assert.deepEqual(readdirSync(target), []);
  assert.equal(outcome.status, 1); // /inner does not exist: the mount went to the same path inside
});

test('masked and read-only paths, sysctl, names', async () => {
  await using scratch = new Scratch();
  const { stdout } = await scratch.shell(
    'cat /proc/sys/kernel/msgmax; hostname; ls /etc | wc -l; (echo 1 > /proc/sys/kernel/msgmax) 2>/dev/null || echo refused',
    (config) =>
      withLinux(
        { ...config, hostname: 'box', root: { path: 'rootfs' }, mounts: [...(config.mounts ?? [])] },
        { sysctl: { 'kernel.msgmax': '4096' }, maskedPaths: ['/etc', '/nowhere'], readonlyPaths: ['/proc/sys'] },
      ),
  );
  assert.equal(stdout, '4096\nbox\n0\nrefused\n');
});

test('a user namespace maps ids and still sees its bind mounts', async () => {
  await using scratch = new Scratch();
  const source = join(scratch.dir, 'private');
  mkdirSync(source, { mode: 0o700 });
  writeFileSync(join(source, 'file'), 'secret');
  const mapping = [{ containerID: 0, hostID: 100000, size: 1000 }];
  const outcome = await scratch.shell(
    'id -u; cat /proc/self/uid_map; stat -c %u /tmp/file; stat -c %u /root',
    (config) =>
      withLinux(
        {
          ...config,
          mounts: [
            ...(config.mounts ?? []).filter(({ destination }) => destination !== '/sys/fs/cgroup'),
            { destination: '/tmp', source, options: ['bind', 'idmap'], uidMappings: mapping, gidMappings: mapping },
            { destination: '/root', source, options: ['bind'] },
          ],
          root: { path: 'rootfs' },
        },
        {
          namespaces: [...(config.linux?.namespaces ?? []), { type: 'user' }],
          uidMappings: mapping,
          gidMappings: mapping,
        },
      ),
  );
  assert.equal(outcome.stderr, '');
  assert.match(outcome.stdout, /^0\n +0 +100000 +1000\n0\n65534\n$/);
});

test('hooks run in order, each with the state on its input', async () => {
  await using scratch = new Scratch();
  const trace = join(scratch.dir, 'trace');
  // Without an environment of their own they have the runtime's.
  const hook = (name: string) => [
    {
      path: '/bin/sh',
      args: ['sh', '-c', `test "$PATH" = '${process.env['PATH']}' && echo ${name} $(cat) >> ${trace}`],
    },
  ];
  const id = scratch.newId();
  const bundle = await scratch.bundle(['sh', '-c', 'echo main >> /trace'], (config) => ({
    ...config,
    hooks: {
      prestart: hook('prestart'),
      createRuntime: hook('createRuntime'),
      createContainer: [
        { path: '/bin/sh', args: ['sh', '-c', `test -e proc/self && echo createContainer $(cat) >> ${trace}`] },
      ],
      startContainer: [{ path: '/bin/sh', args: ['sh', '-c', 'echo startContainer $(cat) >> /trace'] }],
      poststart: hook('poststart'),
      poststop: hook('poststop'),
    },
    mounts: [...(config.mounts ?? []), { destination: '/trace', source: trace, options: ['bind'] }],
  }));
  writeFileSync(trace, '');
  assert.deepEqual(await scratch.run('run', '--bundle', bundle, id), { status: 0, stdout: '', stderr: '' });
  const lines = readFileSync(trace, 'utf8').trim().split('\n');
  assert.deepEqual(lines.map((line) => line.split(' ')[0]).sort(), [
    'createContainer',
    'createRuntime',
    'main',
    'poststart',
    'poststop',
    'prestart',
    'startContainer',
  ]);
  assert.deepEqual(
    lines.slice(0, 4).map((line) => line.split(' ')[0]),
    ['prestart', 'createRuntime', 'createContainer', 'startContainer'],
  );
  const states = lines.filter((line) => line.includes('{')).map((line) => JSON.parse(line.slice(line.indexOf('{'))));
  assert.ok(states.every((state) => state.id === id && state.bundle === bundle));
  assert.deepEqual(states.at(-1)?.status, 'stopped');
});

test('a poststart hook that fails is the error, also when the process has ended by then', async () => {
  await using scratch = new Scratch();
  const script = `pid=$(sed 's/.*"pid":\\([0-9]*\\).*/\\1/'); while test -e /proc/$pid; do sleep 0.02; done; echo late >&2; exit 5`;
  const bundle = await scratch.bundle(['true'], (config) => ({
    ...config,
    hooks: { poststart: [{ path: '/bin/sh', args: ['sh', '-c', script] }] },
  }));
  const failed = await scratch.run('run', '--bundle', bundle, scratch.newId());
  assert.equal(failed.status, 1);
  assert.match(failed.stderr, /error running poststart hook #0: \/bin\/sh: exit status 5: late/);
});

test('a hook that fails before the start fails the create; one that hangs is ended', async () => {
  await using scratch = new Scratch();
  const failing = await scratch.bundle(['true'], (config) => ({
    ...config,
    hooks: { createRuntime: [{ path: '/bin/sh', args: ['sh', '-c', 'echo no way >&2; exit 3'] }] },
  }));
  const failed = await scratch.run('run', '--bundle', failing, scratch.newId());
  assert.equal(failed.status, 1);
  assert.match(failed.stderr, /error running createRuntime hook #0: \/bin\/sh: exit status 3: no way/);
  const hanging = await scratch.bundle(['true'], (config) => ({
    ...config,
    hooks: { prestart: [{ path: '/bin/sleep', args: ['sleep', '1000'], timeout: 1 }] },
  }));
  const ended = await scratch.run('run', '--bundle', hanging, scratch.newId());
  assert.match(ended.stderr, /did not end in time/);
});

test('seccomp: the filter is the program’s, what the runtime itself needs on the way does not count', async () => {
  await using scratch = new Scratch();
  const names = ['close_range', 'faccessat', 'faccessat2', 'openat2', 'umask', 'mkdir', 'mkdirat', 'statx'];
  for (const noNewPrivileges of [true, false]) {
    const outcome = await scratch.shell('echo fine; mkdir /tmp/x; grep "^Seccomp:" /proc/self/status', (config) =>
      withLinux(
        { ...withProcess(config, { noNewPrivileges }), root: { path: 'rootfs' } },
        { seccomp: { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names, action: 'SCMP_ACT_ERRNO', errnoRet: 95 }] } },
      ),
    );
    assert.equal(outcome.stdout, 'fine\nSeccomp:\t2\n', outcome.stderr);
    assert.match(outcome.stderr, /can't create directory '\/tmp\/x': (Operation )?[Nn]ot supported/);
  }
});

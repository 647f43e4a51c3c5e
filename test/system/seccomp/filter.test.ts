import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { arch, constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { LinuxSeccomp, LinuxSeccompArg, LinuxSyscall } from '#spec/oci-runtime/config.ts';
import { dockerDefaultSeccomp } from '#spec/seccomp-profile.ts';
import { compileSeccomp } from '#sys/seccomp/compile.ts';
import { loadLibseccomp } from '#sys/seccomp/libseccomp.ts';

const { EPERM, ENOSYS } = constants.errno;
const UNKNOWN_TO_ALL = 2000;

let directory: string;
let probe: string;
let numberOf: (name: string) => string;

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'berth-seccomp-'));
  probe = join(directory, 'probe');
  execFileSync('cc', ['-O1', '-o', probe, fileURLToPath(new URL('probe.c', import.meta.url))]);
  const lib = await loadLibseccomp();
  numberOf = (name) => String(lib.resolveSyscall(name));
});

after(() => rmSync(directory, { recursive: true, force: true }));

/** The outcome of one system call under a filter: what the probe printed, or the signal that killed it. */
async function outcome(config: LinuxSeccomp, ...call: string[]): Promise<string> {
  const { filter, flags } = await compileSeccomp(config, join(directory, 'cache'));
  const file = join(mkdtempSync(join(directory, 'filter-')), 'filter');
  writeFileSync(file, filter);
  const done = spawnSync(probe, [file, String(flags), ...call], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  assert.notEqual(done.status, 100, done.stderr);
  return done.signal ?? done.stdout.trim();
}

/** Everything is allowed but what the rules say. */
const rules = (...syscalls: LinuxSyscall[]): LinuxSeccomp => ({ defaultAction: 'SCMP_ACT_ALLOW', syscalls });
/** personality fails with errno 77 when the conditions hold. */
const personality = (...args: LinuxSeccompArg[]): LinuxSeccomp =>
  rules({ names: ['personality'], action: 'SCMP_ACT_ERRNO', errnoRet: 77, args });

test('compileSeccomp() makes filters whose actions the kernel takes', async () => {
  const getppid = (action: LinuxSyscall['action'], errnoRet?: number): LinuxSeccomp =>
    rules({ names: ['getppid'], action, ...(errnoRet === undefined ? {} : { errnoRet }) });
  const call = numberOf('getppid');
  assert.equal(await outcome(getppid('SCMP_ACT_ALLOW'), call), `value ${process.pid}`);
  assert.equal(await outcome(getppid('SCMP_ACT_LOG'), call), `value ${process.pid}`);
  assert.equal(await outcome(getppid('SCMP_ACT_ERRNO'), call), `errno ${EPERM}`);
  assert.equal(await outcome(getppid('SCMP_ACT_ERRNO', 42), call), 'errno 42');
  assert.equal(await outcome(getppid('SCMP_ACT_TRACE'), call), `errno ${ENOSYS}`); // nobody traces
  assert.equal(await outcome(getppid('SCMP_ACT_TRAP'), call), 'SIGSYS');
  assert.equal(await outcome(getppid('SCMP_ACT_KILL'), call), 'SIGSYS');
  assert.equal(await outcome(getppid('SCMP_ACT_KILL_THREAD'), call), 'SIGSYS');
  assert.equal(await outcome(getppid('SCMP_ACT_KILL_PROCESS'), call), 'SIGSYS');
});

test('compileSeccomp() compares arguments as asked', async () => {
  const call = numberOf('personality');
  const holds = async (
    op: LinuxSeccompArg['op'],
    value: number,
    asked: number,
    valueTwo?: number,
  ): Promise<boolean> => {
    const condition = { index: 0, op, value, ...(valueTwo === undefined ? {} : { valueTwo }) };
    return (await outcome(personality(condition), call, String(asked))) === 'errno 77';
  };
  const cases: [LinuxSeccompArg['op'], number, number[], number[]][] = [
    ['SCMP_CMP_EQ', 8, [8], [0, 9]],
    ['SCMP_CMP_NE', 8, [0, 9], [8]],
    ['SCMP_CMP_LT', 8, [0, 7], [8]],
    ['SCMP_CMP_LE', 8, [0, 8], [16]],
    ['SCMP_CMP_GT', 8, [16], [0, 8]],
    ['SCMP_CMP_GE', 8, [8, 16], [0]],
  ];
  for (const [op, value, matching, others] of cases) {
    for (const asked of matching) assert.equal(await holds(op, value, asked), true, `${op} ${value} for ${asked}`);
    for (const asked of others) assert.equal(await holds(op, value, asked), false, `${op} ${value} not for ${asked}`);
  }
  assert.equal(await holds('SCMP_CMP_MASKED_EQ', 0xff00, 0x1234, 0x1200), true);
  assert.equal(await holds('SCMP_CMP_MASKED_EQ', 0xff00, 0x34, 0x1200), false);
});

test('compileSeccomp() asks all of several arguments and any of several conditions on one', async () => {
  const call = numberOf('lseek');
  const lseek = (...args: [index: number, value: number][]): LinuxSeccomp =>
    rules({
      names: ['lseek'],
      action: 'SCMP_ACT_ERRNO',
      errnoRet: 77,
      args: args.map(([index, value]) => ({ index, value, op: 'SCMP_CMP_EQ' })),
    });
  assert.equal(await outcome(lseek([0, 1], [2, 5]), call, '1', '0', '5'), 'errno 77');
  assert.notEqual(await outcome(lseek([0, 1], [2, 5]), call, '1', '0', '6'), 'errno 77');
  assert.equal(await outcome(lseek([0, 90], [0, 91]), call, '91', '0', '0'), 'errno 77');
  assert.equal(await outcome(lseek([0, 90], [0, 91]), call, '90', '0', '0'), 'errno 77');
});

test('compileSeccomp() hands calls to a listener', async () => {
  const config = {
    ...rules({ names: ['getppid'], action: 'SCMP_ACT_NOTIFY' }),
    listenerPath: '/run/agent',
    listenerMetadata: 'x',
  };
  const compiled = await compileSeccomp(config, join(directory, 'cache'));
  assert.deepEqual(compiled.listener, { path: '/run/agent', metadata: 'x' });
  assert.equal(await outcome(config, numberOf('getppid')), 'errno 99');
});

test('compileSeccomp() answers ENOSYS for calls newer than a denying profile, and leaves an allowing one alone', async () => {
  const denying: LinuxSeccomp = {
    defaultAction: 'SCMP_ACT_ERRNO',
    syscalls: [
      {
        names: ['read', 'write', 'exit_group', 'fstat', 'newfstatat', 'openat', 'no_such_call'],
        action: 'SCMP_ACT_ALLOW',
      },
    ],
  };
  assert.equal(await outcome(denying, String(UNKNOWN_TO_ALL)), `errno ${ENOSYS}`);
  assert.equal(await outcome(denying, numberOf('getppid')), `errno ${EPERM}`);
  assert.equal(await outcome(rules(), String(UNKNOWN_TO_ALL)), `errno ${ENOSYS}`);
});

test('compileSeccomp() kills on an architecture that is not listed', {
  skip: arch() !== 'x64' && 'needs x86-64',
}, async () => {
  const getpid = ['i386', '20'];
  assert.equal(await outcome(rules({ names: ['getppid'], action: 'SCMP_ACT_LOG' }), ...getpid), 'SIGSYS');
  const both: LinuxSeccomp = { ...rules(), architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'] };
  assert.match(await outcome(both, ...getpid), /^value \d+$/);
  const denied: LinuxSeccomp = {
    ...rules({ names: ['getpid'], action: 'SCMP_ACT_ERRNO' }),
    architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'],
  };
  assert.equal(await outcome(denied, ...getpid), `errno ${EPERM}`);
});

test("docker's default profile refuses what it should under the real kernel", async () => {
  const target = { caps: [], arch: arch() === 'x64' ? 'amd64' : 'arm64', kernelVersion: { major: 6, minor: 1 } };
  const profile = dockerDefaultSeccomp(target);
  const CLONE_NEWUSER = '0x10000000';
  const AF_VSOCK = '40';
  assert.equal(await outcome(profile, numberOf('getppid')), `value ${process.pid}`);
  assert.equal(await outcome(profile, numberOf('unshare'), CLONE_NEWUSER), `errno ${EPERM}`);
  assert.equal(await outcome(profile, numberOf('keyctl'), '0'), `errno ${EPERM}`);
  assert.equal(await outcome(profile, numberOf('clone3'), '0', '0'), `errno ${ENOSYS}`);
  assert.equal(await outcome(profile, numberOf('socket'), AF_VSOCK, '1', '0'), `errno ${EPERM}`);
  assert.equal(await outcome(profile, numberOf('personality'), '0xffffffff'), 'value 0');
  assert.equal(await outcome(profile, numberOf('personality'), '0x0040000'), `errno ${EPERM}`); // ADDR_NO_RANDOMIZE
  assert.equal(await outcome(profile, String(UNKNOWN_TO_ALL)), `errno ${ENOSYS}`);
  const admin = dockerDefaultSeccomp({ ...target, caps: ['CAP_SYS_ADMIN'] });
  assert.equal(await outcome(admin, numberOf('umount2'), '0', '0xffffff'), 'errno 22');
});

test('compileSeccomp() refuses what libseccomp cannot do, by name', async () => {
  const cache = join(directory, 'cache');
  await assert.rejects(compileSeccomp({ ...rules(), architectures: ['SCMP_ARCH_Z80'] }, cache), /SCMP_ARCH_Z80/);
  await assert.rejects(loadLibseccomp('libseccomp-of-nobody.so.2'), /libseccomp .* is not installed/);
});

test('compileSeccomp() does not load koffi when the filter is kept, and mends a damaged file', () => {
  const cache = join(directory, 'kept');
  const script = `
    import { compileSeccomp } from '#sys/seccomp/compile.ts';
    const { filter } = await compileSeccomp({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['mkdir'], action: 'SCMP_ACT_ERRNO' }] }, ${JSON.stringify(cache)});
    const loaded = process.report.getReport().sharedObjects.some((name) => name.includes('koffi'));
    console.log(JSON.stringify({ loaded, length: filter.length }));`;
  const run = (): { loaded: boolean; length: number } => {
    const cwd = fileURLToPath(new URL('../../..', import.meta.url));
    const args = ['--input-type=module', '-e', script];
    return JSON.parse(
      execFileSync(process.execPath, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }),
    );
  };
  const first = run();
  assert.equal(first.loaded, true);
  assert.deepEqual(run(), { loaded: false, length: first.length });
  const [name = ''] = readdirSync(cache);
  chmodSync(join(cache, name), 0o600);
  writeFileSync(join(cache, name), 'damaged');
  assert.deepEqual(run(), first);
  assert.deepEqual(run(), { loaded: false, length: first.length });
});

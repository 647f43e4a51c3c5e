import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { encodePlan } from '#sys/keeper/encode.ts';
import type { LaunchPlan, PlanOp } from '#sys/keeper/plan.ts';
import { OPCODES, SETTINGS_OPCODE } from '#sys/keeper/wire.ts';

const native = fileURLToPath(new URL('../../../native', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'berth-decoder-'));
after(() => rmSync(dir, { recursive: true }));
const decoder = join(dir, 'decoder');
execFileSync('sh', [join(native, 'build.sh'), decoder, 'decoder'], { stdio: 'inherit' });

const BIG = 0xfedc_ba98_7654_3210n;
const at = { root: 3, path: '/a b/ü' };
const host = { path: '/x' };

/** Every op with every field set, and what the keeper reads of it. */
const OPS: readonly [PlanOp, string][] = [
  [
    { op: 'mkdir', side: 'before', at, mode: 0o755, parents: true, existOk: true, uid: 1, gid: 2 },
    '10 0 3:"/a%20b/%c3%bc" 493 1 1 1 2',
  ],
  [{ op: 'mkdir', side: 'cleanup', at: host, mode: 0, tolerate: [2, 17] }, '10 5 ~2 ~17 -1:"/x" 0 0 0 - -'],
  [
    {
      op: 'write',
      side: 'parent',
      at: host,
      data: new Uint8Array([0, 255]),
      create: 0o600,
      append: true,
      only: 'proc',
    },
    '11 2 -1:"/x" "%00%ff" 384 1 1',
  ],
  [{ op: 'write', side: 'started', at: host, data: 'x' }, '11 4 -1:"/x" "x" - 0 0'],
  [{ op: 'open', side: 'middle', slot: 4, at: host, flags: 2 ** 21, mode: 0o640 }, '12 1 4 -1:"/x" 2097152 416'],
  [{ op: 'open-child', side: 'parent', slot: 5, path: 'ns/user', flags: 1 }, '13 2 5 "ns/user" 1'],
  [{ op: 'open-process', side: 'before', slot: 6, pid: 77, startTime: 88n }, '14 0 6 77 88'],
  [{ op: 'open-process', side: 'before', slot: 6, pid: 77 }, '14 0 6 77 -'],
  [{ op: 'connect', side: 'before', slot: 7, path: '/s' }, '15 0 7 "/s"'],
  [{ op: 'close', side: 'child', slot: 8 }, '16 3 8'],
  [{ op: 'symlink', side: 'child', at, target: '../t', existOk: true }, '17 3 3:"/a%20b/%c3%bc" "../t" 1'],
  [
    {
      op: 'mknod',
      side: 'child',
      at: host,
      type: 'block',
      mode: 0o666,
      major: 8,
      minor: 1,
      uid: 3,
      gid: 4,
      existOk: true,
    },
    '18 3 -1:"/x" 1 438 8 1 3 4 1',
  ],
  [{ op: 'own', side: 'child', at: host, uid: 1, gid: 2, mode: 0o700 }, '19 3 -1:"/x" 1 2 448'],
  [{ op: 'unlink', side: 'cleanup', at: host }, '20 5 -1:"/x"'],
  [{ op: 'rmdir', side: 'cleanup', at: host, retryMs: 9 }, '21 5 -1:"/x" 9'],
  [{ op: 'remove-tree', side: 'cleanup', at: host, keepTop: true }, '22 5 -1:"/x" 1'],
  [
    {
      op: 'new-mount',
      side: 'child',
      slot: 9,
      fsType: 'overlay',
      options: [{ key: 'a', value: 'b=c' }, { key: 'ro' }, { key: 'e', value: '' }],
      attrs: 14,
    },
    '30 3 9 "overlay" ["a=b=c","ro","e="] 14',
  ],
  [{ op: 'clone-mount', side: 'before', slot: 1, at: host, recursive: true }, '31 0 1 -1:"/x" 1'],
  [
    { op: 'mount-attributes', side: 'child', at: host, set: 1, clear: 2, propagation: 4, recursive: true, userns: 5 },
    '32 3 -1:"/x" 1 2 4 1 5',
  ],
  [{ op: 'mount-attributes', side: 'child', at: host, set: 1, clear: 2, recursive: false }, '32 3 -1:"/x" 1 2 0 0 -'],
  [{ op: 'attach', side: 'child', slot: 9, at, create: 'file' }, '33 3 9 3:"/a%20b/%c3%bc" 2'],
  [{ op: 'attach', side: 'child', slot: 9, at: host }, '33 3 9 -1:"/x" 0'],
  [{ op: 'unmount', side: 'child', at: host, flags: 2 }, '34 3 -1:"/x" 2'],
  [{ op: 'remount', side: 'child', at: host, options: [{ key: 'ro' }] }, '35 3 -1:"/x" ["ro"]'],
  [{ op: 'mask', side: 'child', at }, '36 3 3:"/a%20b/%c3%bc"'],
  [{ op: 'read-only', side: 'child', at: host }, '37 3 -1:"/x"'],
  [{ op: 'copy-up', side: 'child', from: at, slot: 2 }, '38 3 3:"/a%20b/%c3%bc" 2'],
  [{ op: 'fill-volume', side: 'child', from: at, slot: 2, marker: '/m' }, '41 3 3:"/a%20b/%c3%bc" 2 "/m"'],
  [
    { op: 'map-namespace', side: 'before', slot: 2, uid: [{ inside: 0, outside: 1, size: 2 }], gid: [] },
    '39 0 2 "%00%00%00%00%01%00%00%00%02%00%00%00" ""',
  ],
  [{ op: 'pivot-root', side: 'child', slot: 3, how: 'chroot' }, '40 3 3 2'],
  [{ op: 'unshare', side: 'child', namespaces: ['cgroup', 'time'] }, '51 3 33554560'],
  [{ op: 'join-namespaces', side: 'child', slot: 1, namespaces: ['user', 'mount'] }, '52 3 1 268566528'],
  [{ op: 'time-namespace', side: 'before', monotonicNs: -5n, boottimeNs: BIG }, `53 0 18446744073709551611 ${BIG}`],
  [
    {
      op: 'id-maps',
      side: 'parent',
      uid: [],
      gid: [{ inside: 1, outside: 2 ** 32 - 2, size: 3 }],
      denySetgroups: true,
      helpers: { uid: 'u', gid: 'g' },
    },
    '54 2 "" "%01%00%00%00%fe%ff%ff%ff%03%00%00%00" 1 "u" "g"',
  ],
  [{ op: 'join-cgroups', side: 'parent', files: ['/a', '/b'] }, '55 2 ["/a","/b"]'],
  [{ op: 'device-filter', side: 'before', cgroup: '/c', program: new Uint8Array([1]) }, '56 0 "/c" "%01"'],
  [
    {
      op: 'netlink',
      side: 'child',
      family: 12,
      batch: true,
      messages: [
        { bytes: new Uint8Array([7]), holes: [{ kind: 'child-pid', offset: 1 }] },
        {
          bytes: new Uint8Array([8]),
          holes: [
            { kind: 'slot', offset: 2, slot: 3 },
            { kind: 'ifindex', offset: 4, name: 'lo' },
          ],
        },
      ],
    },
    `57 3 268 ["%07","%08"] "${['0 0 1 0', '1 1 2 3', '1 2 4 0']
      .join(' ')
      .split(' ')
      .map((n) => `%0${n}%00%00%00`)
      .join('')}" ["lo"]`,
  ],
  [{ op: 'hostname', side: 'child', name: 'h' }, '58 3 "h"'],
  [{ op: 'domainname', side: 'child', name: 'd' }, '59 3 "d"'],
  [{ op: 'name-sockets', side: 'child', address: 0x7f00_000b, port: 61053 }, '60 3 2130706443 61053'],
  [
    { op: 'netlink-batches', side: 'cleanup', family: 12, at: { path: '/f' }, planned: new Uint8Array([9]) },
    '61 5 12 -1:"/f" "%09"',
  ],
  [{ op: 'post', side: 'parent' }, '70 2'],
  [{ op: 'wait', side: 'child' }, '71 3'],
  [
    {
      op: 'run',
      side: 'started',
      path: '/p',
      argv: ['a', ''],
      env: ['E=1'],
      stdinBefore: 'b',
      stdinAfter: 'c',
      timeoutMs: 5,
      cwd: '/d',
    },
    '73 4 "/p" ["a",""] ["E=1"] "b" "c" 1 5 "/d"',
  ],
  [
    { op: 'terminal', side: 'child', at, rows: 1, cols: 2, uid: 3, gid: 4, console: host, bareNewlines: true },
    '74 3 3:"/a%20b/%c3%bc" 1 2 3 4 -1:"/x" 1',
  ],
  [{ op: 'rlimit', side: 'child', resource: 7, soft: 1n, hard: 2n ** 64n - 1n }, '75 3 7 1 -'],
  [{ op: 'umask', side: 'child', mask: 0o22 }, '76 3 18'],
  [
    {
      op: 'credentials',
      side: 'child',
      uid: 1,
      gid: 2,
      groups: [3],
      capabilities: { bounding: 1n, permitted: 2n, effective: 3n, inheritable: 4n, ambient: 5n },
    },
    '77 3 1 2 1 "%03%00%00%00" 1 1 2 3 4 5',
  ],
  [{ op: 'credentials', side: 'child' }, '77 3 - - 0 "" 0 0 0 0 0 0'],
  [{ op: 'no-new-privileges', side: 'child' }, '78 3'],
  [
    { op: 'seccomp', side: 'child', filter: new Uint8Array([6]), flags: 4, listener: { socket: 9, state: ['a', 'b'] } },
    '79 3 "%06" 4 9 ["a","b"]',
  ],
  [{ op: 'chdir', side: 'child', path: '/w' }, '80 3 "/w"'],
  [
    {
      op: 'scheduler',
      side: 'child',
      policy: 1,
      flags: 2n,
      nice: -3,
      priority: 4,
      runtimeNs: 5n,
      deadlineNs: 6n,
      periodNs: 7n,
    },
    '81 3 1 2 18446744073709551613 4 5 6 7',
  ],
  [{ op: 'io-priority', side: 'child', value: 8 }, '82 3 8'],
  [{ op: 'cpu-affinity', side: 'child', cpus: [0, 65] }, '83 3 "%01%00%00%00%00%00%00%00%02%00%00%00%00%00%00%00"'],
  [{ op: 'personality', side: 'child', persona: 8 }, '84 3 8'],
  [{ op: 'session-keyring', side: 'child', name: 'k' }, '85 3 "k"'],
  [{ op: 'find-program', side: 'child', name: 'n', searchPath: '/p' }, '86 3 "n" "/p"'],
  [{ op: 'kill-cgroup', side: 'cleanup', procs: ['/p'], killFile: '/k' }, '88 5 ["/p"] "/k"'],
  [{ op: 'home', side: 'child', uid: 5 }, '89 3 5'],
  [{ op: 'send-pidfd', side: 'parent', path: '/s' }, '91 2 "/s"'],
  [{ op: 'memory-policy', side: 'child', mode: 3, nodes: [1] }, '90 3 3 "%02%00%00%00%00%00%00%00"'],
  [{ op: 'memory-policy', side: 'child', mode: 0, nodes: [] }, '90 3 0 ""'],
];

const plan: LaunchPlan = {
  mode: 'supervise',
  runDir: '/run',
  stdio: { kind: 'pipes', stdin: 'once', uid: 1, gid: 2 },
  log: {
    driver: 'json-file',
    path: '/l',
    maxSizeBytes: 2 ** 33 + 1,
    maxFiles: 5,
    compress: ['gzip'],
    attrs: '{}',
    forward: {
      to: { kind: 'udp', address: '::1', port: 514 },
      heads: [Buffer.from('a'), Buffer.from('b\0')],
      time: 'rfc3339',
      middle: Buffer.from('m'),
      tail: Buffer.from('t'),
      partTail: Buffer.from('p'),
      counted: true,
      bufferBytes: 65_536,
    },
  },
  exit: { collect: [{ name: 'n', path: '/f' }], command: { argv: ['c', 'd'], env: ['E='] } },
  dieWithKeeper: false,
  preserveFds: 2,
  names: { socket: '/s', id: 'i', resolver: { argv: ['r'], env: ['F='] }, answer: 'at-once' },
  ops: [
    ...OPS.map(([op]) => op),
    { op: 'clone', side: 'before', namespaces: ['mount', 'pid'], cgroup: 3 },
    { op: 'gate', side: 'child' },
    { op: 'exec', side: 'child', name: 'e', searchPath: '/bin', argv: ['e', '-x'], env: ['A=b'] },
  ],
};

function dump(bytes: Buffer): string[] {
  const file = join(dir, 'plan');
  writeFileSync(file, bytes);
  return execFileSync(decoder, ['dump', file], { encoding: 'utf8' }).trimEnd().split('\n');
}

test('the keeper reads every field of every op as encodePlan() was given it', () => {
  const [settings, ...ops] = dump(encodePlan(plan));
  assert.equal(
    settings,
    '1 0 0 1 2 1 2 1 8589934593 5 0 2 1 "/run" "" "/l" "{}" ["gzip"] ["n","/f"] ["c","d"] ["E="] "/s" "i" ["r"] ["F="] 3 "::1" 514 2 1 "a" "b%00" "m" "t" "p" 65536',
  );
  for (const [i, [op, expected]] of OPS.entries()) assert.equal(ops[i], expected, op.op);
  assert.deepEqual(ops.slice(OPS.length), ['50 0 537001984 3', '72 3', '87 3 "e" "/bin" ["e","-x"] ["A=b"]']);
});

test('encodePlan() refuses what can not be sent', () => {
  const withOp = (op: PlanOp) => ({ ...plan, ops: [op] });
  assert.throws(() => encodePlan(withOp({ op: 'hostname', side: 'child', name: 'a\0b' })), /NUL/);
  assert.throws(() => encodePlan(withOp({ op: 'umask', side: 'child', mask: -1 })), RangeError);
  assert.throws(() => encodePlan(withOp({ op: 'umask', side: 'child', mask: 1.5 })), RangeError);
  const huge = new Uint8Array(17 << 20);
  assert.throws(() => encodePlan(withOp({ op: 'seccomp', side: 'child', filter: huge, flags: 0 })), /at most/);
});

test('wire.ts and protocol.h name the same numbers, and the test above covers every op', () => {
  const header = readFileSync(join(native, 'protocol.h'), 'utf8');
  const rows = [...header.matchAll(/X\((\w+), (\d+), "[a-zB]*",/g)].map((row) => [row[1], Number(row[2])] as const);
  const expected = [
    ['settings', SETTINGS_OPCODE],
    ...Object.entries(OPCODES).map(([name, code]) => [name.replaceAll('-', '_'), code]),
  ];
  assert.deepEqual(rows, expected);
  const tested = new Set(plan.ops.map((op) => op.op));
  assert.deepEqual(
    Object.keys(OPCODES).filter((name) => !tested.has(name as PlanOp['op'])),
    [],
  );
});

test('the decoder refuses or wholly understands mutated plans', () => {
  const file = join(dir, 'seed-plan');
  writeFileSync(file, encodePlan(plan));
  let accepted = 0;
  for (const seed of ['1', '20261127', '987654321']) {
    const said = execFileSync(decoder, ['fuzz', file, seed, '40000'], { encoding: 'utf8' });
    accepted += Number(/accepted (\d+)/.exec(said)?.[1]);
  }
  // Some mutations hit bytes that may be anything: a fuzz run that is always refused tests only the first check.
  assert.ok(accepted > 1000, `${accepted} accepted`);
});

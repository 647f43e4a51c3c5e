import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ioWeightFromBlkio, weightFromShares } from './limits.ts';
import { describeOom, parseOomKills, reportOom } from './oom.ts';
import { parseBlkio } from './stats-v1.ts';
import { parseIoStat } from './stats-v2.ts';

test('weightFromShares() maps the ends and the default onto each other', () => {
  const pairs: [number, number][] = [
    [0, 1],
    [2, 1],
    [1024, 100],
    [262_144, 10_000],
    [1_000_000, 10_000],
  ];
  for (const [shares, weight] of pairs) assert.equal(weightFromShares(shares), weight, String(shares));
  assert.ok(weightFromShares(512) < weightFromShares(1024) && weightFromShares(1024) < weightFromShares(2048));
});

test('ioWeightFromBlkio() maps the ends onto each other', () => {
  assert.equal(ioWeightFromBlkio(10), 1);
  assert.equal(ioWeightFromBlkio(1000), 10_000);
});

test('parseBlkio() reads devices and leaves the sum out', () => {
  assert.deepEqual(parseBlkio('254:0 Read 4096\n254:0 Write 0\nTotal 4096\n'), [
    { major: 254, minor: 0, op: 'Read', value: 4096 },
    { major: 254, minor: 0, op: 'Write', value: 0 },
  ]);
  assert.deepEqual(parseBlkio('Total 0\n'), []);
});

test('parseIoStat() reads bytes read and written', () => {
  assert.deepEqual(parseIoStat('254:0 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=0 dios=0\n7:0 \n'), [
    { major: 254, minor: 0, op: 'read', value: 10 },
    { major: 254, minor: 0, op: 'write', value: 20 },
  ]);
});

const KILL =
  '6,710,5242880,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/berth/a,task_memcg=/berth/a,task=my, (task),pid=42,uid=0\n' +
  ' SUBSYSTEM=x\n' +
  '3,711,5242900,-;Memory cgroup out of memory: Killed process 42 (my, (task)) total-vm:18000kB, anon-rss:16000kB, file-rss:1kB, shmem-rss:0kB, UID:0 pgtables:76kB oom_score_adj:0\n';
const BARE =
  '3,712,5300000,-;Memory cgroup out of memory: Killed process 43 (sh) total-vm:9kB, anon-rss:4kB, file-rss:1kB, UID:0\n';

test('parseOomKills() joins the two lines of a kill, and takes the second alone', () => {
  assert.deepEqual(parseOomKills(`6,1,1,-;Linux version\n${KILL}${BARE}`), [
    {
      pid: 42,
      name: 'my, (task)',
      limitedGroup: '/berth/a',
      processGroup: '/berth/a',
      anonBytes: 16_384_000,
      atUs: 5_242_880,
    },
    { pid: 43, name: 'sh', limitedGroup: undefined, processGroup: undefined, anonBytes: 4096, atUs: 5_300_000 },
  ]);
});

test('reportOom() finds the victim of this container only', () => {
  const collected = {
    'memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 1\n',
    'memory.max_usage_in_bytes': '16777216\n',
    'memory.limit_in_bytes': '16777216\n',
  };
  const kills = (): ReturnType<typeof parseOomKills> => parseOomKills(KILL + BARE);
  const report = reportOom(collected, '/berth/a', { kills });
  assert.equal(report.kills, 1);
  assert.equal(report.peakBytes, 16_777_216);
  assert.equal(report.limitBytes, 16_777_216);
  assert.equal(report.victim?.pid, 42);
  assert.equal(reportOom(collected, '/berth', { kills }).victim?.pid, 42);
  assert.equal(reportOom(collected, '/berth/ab', { kills }).victim, undefined);
  assert.equal(reportOom(collected, '/berth/b', { kills, pids: [43] }).victim?.name, 'sh');
});

test('reportOom() does not read the log when nothing was killed, and knows no limit from max', () => {
  const collected = { 'memory.events': 'low 0\noom 0\noom_kill 0\n', 'memory.peak': '4096\n', 'memory.max': 'max\n' };
  const report = reportOom(collected, '/berth/a', { kills: () => assert.fail('the log was read') });
  assert.deepEqual(report, { kills: 0, peakBytes: 4096, limitBytes: undefined, victim: undefined });
  assert.deepEqual(reportOom({}, '/berth/a'), {
    kills: 0,
    peakBytes: undefined,
    limitBytes: undefined,
    victim: undefined,
  });
});

test('describeOom() says what is known', () => {
  const [victim] = parseOomKills(KILL);
  const report = { kills: 2, peakBytes: 16_777_216, limitBytes: 16_777_216, victim };
  assert.equal(
    describeOom(report),
    'out of memory: the kernel killed my, (task) (pid 42, which held 15.6 MiB), the peak was 16 MiB, the limit is 16 MiB',
  );
  assert.equal(
    describeOom({ kills: 2, peakBytes: undefined, limitBytes: undefined, victim: undefined }),
    'out of memory: the kernel killed 2 processes, there is no memory limit',
  );
});

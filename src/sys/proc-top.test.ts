import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePsOutput, processTable } from './proc-top.ts';

const OUTPUT = `UID          PID    PPID  C STIME TTY          TIME CMD
root           1       0  0 10:00 ?        00:00:01 /sbin/init a  b
root          20       1  0 10:00 ?        00:00:00 sleep 100
root         201       1  0 10:00 ?        00:00:00 sleep 200
`;

test('parsePsOutput() keeps the rows of the given processes and joins the command', () => {
  assert.deepEqual(parsePsOutput(OUTPUT, [1, 20]), {
    Titles: ['UID', 'PID', 'PPID', 'C', 'STIME', 'TTY', 'TIME', 'CMD'],
    Processes: [
      ['root', '1', '0', '0', '10:00', '?', '00:00:01', '/sbin/init a b'],
      ['root', '20', '1', '0', '10:00', '?', '00:00:00', 'sleep 100'],
    ],
  });
});

test('parsePsOutput() keeps thread rows below their process', () => {
  const table = parsePsOutput('PID LWP CMD\n7 - x\n- 7 -\n- 8 -\n9 - y\n- 9 -\n', [7]);
  assert.equal(table.Processes.length, 3);
});

test('parsePsOutput() refuses output without a PID column', () => {
  assert.throws(() => parsePsOutput('CMD\nx\n', [1]), /Couldn't find PID field in ps output/);
});

test('processTable() refuses a renamed PID column', async () => {
  await assert.rejects(processTable([1], ['-o', 'cmd=PID']), /is not allowed/);
});

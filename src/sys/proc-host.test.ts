import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kernelVersion, machineCpuTime, memoryInfoBytes, parseCapabilities } from './proc-host.ts';

test('kernelVersion() takes the two numbers of any release string', () => {
  assert.deepEqual(kernelVersion('6.1.0-56-cloud-amd64'), { major: 6, minor: 1 });
  assert.deepEqual(kernelVersion('5.10'), { major: 5, minor: 10 });
  assert.throws(() => kernelVersion('x'), /unknown form/);
});

test('parseCapabilities() reads all five masks', () => {
  const masks = parseCapabilities(
    'Name:\tx\nCapInh:\t0000000000000001\nCapPrm:\t000001ffffffffff\nCapEff:\t000001fffeffffff\nCapBnd:\t00000000a80425fb\nCapAmb:\t0000000000000000\n',
  );
  assert.deepEqual(masks, {
    inheritable: 1n,
    permitted: 0x1ffffffffffn,
    effective: 0x1fffeffffffn,
    bounding: 0xa80425fbn,
    ambient: 0n,
  });
});

test('memoryInfoBytes() turns kB into bytes and is 0 for what is not there', () => {
  assert.equal(memoryInfoBytes('MemTotal', 'MemTotal:       24681234 kB\nMemFree: 1 kB\n'), 24681234 * 1024);
  assert.equal(memoryInfoBytes('SwapTotal', 'MemTotal: 1 kB\n'), 0);
});

test('machineCpuTime() sums user to softirq and counts the CPUs', () => {
  const time = machineCpuTime('cpu  1 2 3 4 5 6 7 100 100 100\ncpu0 1 1 1\ncpu1 1 1 1\nintr 5\n');
  assert.deepEqual(time, { totalNs: 28 * 10_000_000, onlineCpus: 2 });
});

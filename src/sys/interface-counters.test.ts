import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseInterfaceCounters } from './interface-counters.ts';

const TEXT = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     100       2    0    0    0     0          0         0      100       2    0    0    0     0       0          0
  eth0: 1234567      89    1    2    0     0          0         0      789      12    3    4    0     0       0          0
eth0.5:42 1 0 0 0 0 0 0 43 1 0 0 0 0 0 0
`;

test('parseInterfaceCounters() reads what was received and sent by each interface but the loopback device', () => {
  const counters = parseInterfaceCounters(TEXT);
  assert.deepEqual(Object.keys(counters), ['eth0', 'eth0.5']);
  assert.deepEqual(counters['eth0'], {
    rx_bytes: 1234567,
    rx_packets: 89,
    rx_errors: 1,
    rx_dropped: 2,
    tx_bytes: 789,
    tx_packets: 12,
    tx_errors: 3,
    tx_dropped: 4,
  });
  assert.equal(counters['eth0.5']?.tx_bytes, 43);
  assert.deepEqual(parseInterfaceCounters(''), {});
});

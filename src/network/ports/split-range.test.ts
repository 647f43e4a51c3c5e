import assert from 'node:assert/strict';
import { test } from 'node:test';
import { splitRange } from './split-range.ts';

/** What the kernel makes of a port (nf_nat_l4proto_unique_tuple with NF_NAT_RANGE_PROTO_OFFSET and base 0). */
function kernelPort(port: number, low: number, high: number): number {
  assert.ok(low >= 0 && high <= 65_535 && high >= low, `${low}-${high}`);
  return low + (port % (high - low + 1));
}

const RANGES: readonly (readonly [number, number, number])[] = [
  [8080, 80, 1],
  [80, 8080, 1],
  [8000, 9000, 1000],
  [9000, 8000, 1000],
  [8001, 8000, 2],
  [8000, 8001, 2],
  [2000, 1000, 60_000],
  [1000, 2000, 60_000],
  [2, 1, 65_534],
  [1, 2, 65_534],
  [65_534, 1, 2],
  [1, 65_534, 2],
  [40_000, 39_999, 25_536],
  [60_000, 100, 5000],
  [10, 9, 5000],
];

test('splitRange() gives every port its counterpart when the kernel counts', () => {
  for (const [from, to, count] of RANGES) {
    const pieces = splitRange(from, to, count);
    let next = from;
    for (const piece of pieces) {
      assert.equal(piece.hostPort, next);
      for (let i = 0; i < piece.count; i++) {
        const port = piece.hostPort + i;
        assert.equal(kernelPort(port, piece.low, piece.high), port - from + to, `${from}:${to}+${count} at ${port}`);
      }
      next += piece.count;
    }
    assert.equal(next, from + count);
    assert.ok(pieces.length <= 17);
  }
});

test('splitRange() needs one piece when a range moves up or begins above its length', () => {
  assert.equal(splitRange(8000, 9000, 1000).length, 1);
  assert.equal(splitRange(1, 2, 65_534).length, 1);
  assert.equal(splitRange(9000, 8000, 1000).length, 1);
});

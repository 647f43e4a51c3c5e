/** Ranges of ports whose numbers inside and outside differ, in the arithmetic that the kernel has. */

const PORTS = 0x1_0000;

/** Part of a range, for which the kernel's `low + port % (high - low + 1)` gives every port its counterpart. */
export interface RangePiece {
  readonly hostPort: number;
  readonly count: number;
  readonly low: number;
  readonly high: number;
}

/**
 * The pieces of a range: one, unless it is longer than the number it begins with and leads to lower ports.
 *
 * @param from first port outside, 1..65535
 * @param to first port inside
 * @param count ports; neither end of the range is above 65535
 */
export function splitRange(from: number, to: number, count: number): RangePiece[] {
  if (count === 1) return [{ hostPort: from, count, low: to, high: to }];
  // Counting from 0 nothing wraps: low + port.
  if (to >= from) return [{ hostPort: from, count, low: to - from, high: to + count - 1 }];
  const pieces: RangePiece[] = [];
  for (let done = 0; done < count; ) {
    const start = from + done;
    // Every port of the piece is in [modulus, 2 * modulus).
    const modulus = Math.min(start, Math.floor((PORTS - (to - from)) / 2));
    const length = Math.min(count - done, 2 * modulus - start);
    const low = to - from + modulus;
    pieces.push({ hostPort: start, count: length, low, high: low + modulus - 1 });
    done += length;
  }
  return pieces;
}

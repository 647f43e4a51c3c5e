/** The time Go prints for "never". */
export const ZERO_TIME = '0001-01-01T00:00:00Z';

/** Wall clock and monotonic clock at one moment. */
const BASE_NS = BigInt(Date.now()) * 1_000_000n;
const BASE_HR = process.hrtime.bigint();

/** Milliseconds of a clock that only goes forward, for what has passed between two moments. `performance` takes two milliseconds to load. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() - BASE_HR) / 1e6;
}

/** Nanoseconds since the epoch, true to a millisecond, and growing with every call. */
export function nowNs(): bigint {
  const monotonic = BASE_NS + (process.hrtime.bigint() - BASE_HR);
  const wall = BigInt(Date.now()) * 1_000_000n;
  const drift = monotonic - wall;
  // The clock was set since this process began: trust it, not the fraction.
  return drift > 5_000_000n || drift < -5_000_000n ? wall : monotonic;
}

/** RFC 3339 with nanoseconds and without trailing zeros, as Go's `RFC3339Nano` prints a UTC time. */
export function formatTimeNs(ns: bigint): string {
  const seconds = ns / 1_000_000_000n;
  const fraction = String(ns % 1_000_000_000n)
    .padStart(9, '0')
    .replace(/0+$/, '');
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  return fraction === '' ? `${whole}Z` : `${whole}.${fraction}Z`;
}

/** Nanoseconds since the epoch of an RFC 3339 time; `undefined` when it is none. */
export function parseTimeNs(text: string): bigint | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(text);
  if (match === null) return undefined;
  const ms = Date.parse(`${match[1]}${match[3]}`);
  if (Number.isNaN(ms)) return undefined;
  return BigInt(ms) * 1_000_000n + BigInt((match[2] ?? '').padEnd(9, '0'));
}

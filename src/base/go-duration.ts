const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  '\u00b5s': 1_000n,
  '\u03bcs': 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

/**
 * A duration in Go's form (`time.ParseDuration`): `1h30m`, `-1.5s`, `0`.
 *
 * @returns nanoseconds, `undefined` when the text is no duration
 */
export function parseGoDuration(text: string): bigint | undefined {
  const match = /^([+-]?)(.+)$/s.exec(text);
  if (match === null) return undefined;
  const [, sign, rest = ''] = match;
  if (rest === '0') return 0n;
  let total = 0n;
  let at = 0;
  const part = /(\d*)(?:\.(\d*))?(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/y;
  while (at < rest.length) {
    part.lastIndex = at;
    const found = part.exec(rest);
    if (found === null || (found[1] === '' && (found[2] ?? '') === '')) return undefined;
    const unit = UNITS[found[3]!]!;
    const fraction = found[2] ?? '';
    total += BigInt(found[1] || '0') * unit + (BigInt(fraction || '0') * unit) / 10n ** BigInt(fraction.length);
    at = part.lastIndex;
  }
  return sign === '-' ? -total : total;
}

const BELOW_SECOND: readonly [bigint, string][] = [
  [1_000_000n, 'ms'],
  [1_000n, '\u00b5s'],
  [1n, 'ns'],
];

function decimals(value: bigint, unit: bigint): string {
  const fraction = String(value % unit)
    .padStart(String(unit).length - 1, '0')
    .replace(/0+$/, '');
  return `${value / unit}${fraction === '' || unit === 1n ? '' : `.${fraction}`}`;
}

/** A duration as Go prints it (`time.Duration.String`): `1h30m0s`, `1.5s`, `200ms`. */
export function formatGoDuration(ns: bigint): string {
  if (ns === 0n) return '0s';
  if (ns < 0n) return `-${formatGoDuration(-ns)}`;
  const second = 1_000_000_000n;
  if (ns < second) {
    const [unit, name] = BELOW_SECOND.find(([size]) => ns >= size)!;
    return `${decimals(ns, unit)}${name}`;
  }
  const minutes = ns / (60n * second);
  const rest = `${decimals(ns % (60n * second), second)}s`;
  if (minutes === 0n) return rest;
  return minutes < 60n ? `${minutes}m${rest}` : `${minutes / 60n}h${minutes % 60n}m${rest}`;
}

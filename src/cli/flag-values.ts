/** How the values of flags are read: Go's strconv, time and docker's own types, in their words. */
import type { FlagType } from './flag.ts';
import { goQuote } from './flag-error.ts';

const TRUE = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

/** @returns 1 or 0 @throws Error in Go's words */
export function readBool(text: string): number {
  if (TRUE.has(text)) return 1;
  if (FALSE.has(text)) return 0;
  throw new Error(`strconv.ParseBool: parsing ${goQuote(text)}: invalid syntax`);
}

/** Go's integer literals: decimal, `0x`, `0o`, `0b`, a leading zero for octal, underscores between digits. */
function readInteger(text: string, parser: 'ParseInt' | 'ParseUint', min: bigint, max: bigint): number {
  const fail = (why: string) => new Error(`strconv.${parser}: parsing ${goQuote(text)}: ${why}`);
  const [, sign = '', body = ''] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  const digits = body.replace(/(?<=[0-9a-fA-FxXoObB])_(?=[0-9a-fA-F])/g, '');
  const plain = /^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits;
  if (!/^(\d+|0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+)$/.test(plain) || (/^0\d/.test(plain) && plain !== '0'))
    throw fail('invalid syntax');
  if (parser === 'ParseUint' && sign !== '') throw fail('invalid syntax');
  const value = BigInt(plain) * (sign === '-' ? -1n : 1n);
  if (value < min || value > max) throw fail('value out of range');
  return Number(value);
}

const UNIT_NS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/**
 * A duration as Go's `time.ParseDuration` reads it: `1h30m`, `500ms`.
 *
 * @returns nanoseconds
 * @throws Error in Go's words
 */
export function readDuration(text: string): number {
  const invalid = new Error(`time: invalid duration ${goQuote(text)}`);
  const [, sign, body = ''] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  if (body === '0') return 0;
  if (body === '') throw invalid;
  let rest = body;
  let total = 0;
  while (rest !== '') {
    const match = /^(\d*)(?:\.(\d*))?([^\d.]*)/.exec(rest);
    const [all = '', whole = '', fraction = '', unit = ''] = match ?? [];
    if (whole === '' && fraction === '') throw invalid;
    if (unit === '') throw new Error(`time: missing unit in duration ${goQuote(text)}`);
    const ns = UNIT_NS[unit];
    if (ns === undefined) throw new Error(`time: unknown unit ${goQuote(unit)} in duration ${goQuote(text)}`);
    total += Number(`${whole || '0'}.${fraction || '0'}`) * ns;
    rest = rest.slice(all.length);
  }
  return sign === '-' ? -Math.trunc(total) : Math.trunc(total);
}

const SIZE_POWER: Readonly<Record<string, number>> = { k: 1, m: 2, g: 3, t: 4, p: 5 };

/**
 * An amount of memory as docker's options take it: `64m`, `1.5GB`, `1 kib`; `-1` stays -1.
 *
 * @returns bytes
 * @throws Error in docker's words
 */
export function readBytes(text: string): number {
  if (text === '-1') return -1;
  const separator = Math.max(...[...'0123456789. '].map((c) => text.lastIndexOf(c)));
  if (separator === -1) throw new Error(`invalid size: '${text}'`);
  const number = text.slice(0, text[separator] === ' ' ? separator : separator + 1);
  const suffix = text.slice(separator + 1).toLowerCase();
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(number))
    throw new Error(`strconv.ParseFloat: parsing ${goQuote(number)}: invalid syntax`);
  const size = Number(number);
  if (size < 0) throw new Error(`invalid size: '${text}'`);
  if (suffix === '' || suffix === 'b') return Math.trunc(size);
  const power = SIZE_POWER[suffix[0] ?? ''];
  if (power === undefined || !/^.(b|ib)?$/.test(suffix)) throw new Error(`invalid suffix: '${suffix}'`);
  return Math.trunc(size * 1024 ** power);
}

/** A number of CPUs, `1.5` or `3/2`, in billionths; finer is refused. */
function readDecimal(text: string): number {
  const fraction = /^([+-]?\d+)\/(\d+)$/.exec(text);
  const decimal = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text);
  let numerator: bigint;
  let denominator: bigint;
  if (fraction !== null && BigInt(fraction[2] ?? '0') !== 0n) {
    numerator = BigInt(fraction[1] ?? '0');
    denominator = BigInt(fraction[2] ?? '1');
  } else if (decimal !== null && `${decimal[2] ?? ''}${decimal[3] ?? ''}` !== '') {
    const exponent = Number(decimal[4] ?? 0) - (decimal[3] ?? '').length;
    numerator = BigInt(`${decimal[2] ?? ''}${decimal[3] ?? ''}`) * (decimal[1] === '-' ? -1n : 1n);
    denominator = 1n;
    if (Math.abs(exponent) > 1000) throw new Error(`failed to parse ${text} as a rational number`);
    if (exponent >= 0) numerator *= 10n ** BigInt(exponent);
    else denominator = 10n ** BigInt(-exponent);
  } else throw new Error(`failed to parse ${text} as a rational number`);
  numerator *= 1_000_000_000n;
  if (numerator % denominator !== 0n) throw new Error('value is too precise');
  return Number(numerator / denominator);
}

/** Name and value of `--filter`. @throws Error in docker's words; an empty text is no filter */
export function readFilter(text: string): readonly [name: string, value: string] | undefined {
  if (text === '') return undefined;
  const at = text.indexOf('=');
  if (at === -1) throw new Error('bad format of filter (expected name=value)');
  return [text.slice(0, at).trim().toLowerCase(), text.slice(at + 1).trim()];
}

const INT64: readonly [bigint, bigint] = [-(2n ** 63n), 2n ** 63n - 1n];

/**
 * Reads one value.
 *
 * @returns numbers as numbers, `bool` as 1 and 0, `bytes` in bytes, `decimal` in billionths, `duration` in nanoseconds,
 *   NaN for types that are text
 * @throws Error whose message says what is wrong with the value
 */
export function readValue(type: FlagType, text: string): number {
  switch (type) {
    case 'bool':
      return readBool(text);
    case 'int':
      return readInteger(text, 'ParseInt', ...INT64);
    case 'uint':
      return readInteger(text, 'ParseUint', 0n, 2n ** 64n - 1n);
    case 'uint16':
      return readInteger(text, 'ParseUint', 0n, 65535n);
    case 'bytes':
      return readBytes(text);
    case 'decimal':
      return readDecimal(text);
    case 'duration':
      return readDuration(text);
    case 'filter':
      readFilter(text);
      return Number.NaN;
    default:
      return Number.NaN;
  }
}

/** The text of a value that is not given and has no default. */
export function zeroText(type: FlagType | undefined): string {
  switch (type ?? 'bool') {
    case 'bool':
      return 'false';
    case 'int':
    case 'uint':
    case 'uint16':
    case 'bytes':
    case 'decimal':
    case 'duration':
      return '0';
    default:
      return '';
  }
}

const REPEATABLE: ReadonlySet<FlagType> = new Set([
  'list',
  'strings',
  'map',
  'stringToString',
  'filter',
  'ulimit',
  'mount',
  'network',
  'gpu-request',
]);

/** True for types that collect every value; the others keep the last. */
export function isRepeatable(type: FlagType | undefined): boolean {
  return REPEATABLE.has(type ?? 'bool');
}

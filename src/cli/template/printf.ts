/** Go's `fmt.Sprintf`, `Sprint` and `Sprintln`; https://pkg.go.dev/fmt. */
import { goQuote } from '../flag-error.ts';
import type { Detail } from './print.ts';
import { goText } from './print.ts';
import { GoFloat, GoStruct, JsonNumber, typeName } from './values.ts';

interface Directive {
  readonly flags: ReadonlySet<string>;
  readonly width: number | undefined;
  readonly precision: number | undefined;
  readonly verb: string;
}

const asText = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : value instanceof JsonNumber ? value.text : undefined;

/** An operand as it is printed: a pointer to a struct is marked, one inside another value would be an address. */
function operandText(value: unknown, detail: Detail = 'plain'): string {
  const isPointer = value instanceof GoStruct && value.isPointer && value.text === undefined;
  return (isPointer ? '&' : '') + goText(value, detail, true);
}

function badVerb(verb: string, value: unknown): string {
  if (value === undefined || value === null) return `%!${verb}(<nil>)`;
  return `%!${verb}(${typeName(value)}=${operandText(value)})`;
}

function pad(text: string, directive: Directive, allowZero: boolean): string {
  const { width, flags } = directive;
  const missing = (width ?? 0) - [...text].length;
  if (missing <= 0) return text;
  if (flags.has('-')) return text + ' '.repeat(missing);
  if (!flags.has('0') || !allowZero) return ' '.repeat(missing) + text;
  const sign = /^[+-]/.test(text) ? 1 : 0;
  return text.slice(0, sign) + '0'.repeat(missing) + text.slice(sign);
}

const RADIX: Readonly<Record<string, number>> = { b: 2, o: 8, O: 8, d: 10, x: 16, X: 16 };
const PREFIX: Readonly<Record<string, string>> = { b: '0b', o: '0', O: '0o', x: '0x', X: '0X' };

function integer(value: number, directive: Directive): string | undefined {
  const { verb, flags, precision } = directive;
  if (verb === 'c') return String.fromCodePoint(value);
  if (verb === 'q') return `'${String.fromCodePoint(value)}'`;
  if (verb === 'U') return `U+${value.toString(16).toUpperCase().padStart(4, '0')}`;
  const radix = RADIX[verb === 'v' ? 'd' : verb];
  if (radix === undefined) return undefined;
  let digits = Math.abs(value).toString(radix);
  if (verb === 'X') digits = digits.toUpperCase();
  if (precision !== undefined) digits = digits.padStart(precision, '0');
  if ((flags.has('#') && verb !== 'd' && verb !== 'v') || verb === 'O') digits = (PREFIX[verb] ?? '') + digits;
  const sign = value < 0 ? '-' : flags.has('+') ? '+' : flags.has(' ') ? ' ' : '';
  return sign + digits;
}

function exponent(text: string): string {
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}

function float(value: number, directive: Directive): string | undefined {
  const { verb, flags, precision } = directive;
  const sign = flags.has('+') && value >= 0 ? '+' : flags.has(' ') && value >= 0 ? ' ' : '';
  switch (verb) {
    case 'f':
    case 'F':
      return sign + value.toFixed(precision ?? 6);
    case 'e':
      return sign + exponent(value.toExponential(precision ?? 6));
    case 'E':
      return sign + exponent(value.toExponential(precision ?? 6)).toUpperCase();
    case 'g':
    case 'G':
    case 'v': {
      const text =
        precision === undefined
          ? goText(new GoFloat(value))
          : exponent(String(Number(value.toPrecision(Math.max(precision, 1)))));
      return sign + (verb === 'G' ? text.toUpperCase() : text);
    }
    default:
      return undefined;
  }
}

function text(value: string, directive: Directive): string | undefined {
  const { verb, flags, precision } = directive;
  const cut = precision === undefined ? value : [...value].slice(0, precision).join('');
  switch (verb) {
    case 's':
    case 'v':
      return cut;
    case 'q':
      return flags.has('#') && !cut.includes('`') ? `\`${cut}\`` : goQuote(cut);
    case 'x':
      return Buffer.from(cut).toString('hex');
    case 'X':
      return Buffer.from(cut).toString('hex').toUpperCase();
    default:
      return undefined;
  }
}

function one(directive: Directive, value: unknown): string {
  const { verb, flags } = directive;
  if (verb === 'T') return pad(typeName(value), directive, false);
  if (verb === 'v') {
    if (flags.has('#')) return pad(goText(value, 'syntax', true), directive, false);
    if (flags.has('+') && typeof value === 'object' && !(value instanceof GoFloat))
      return pad(operandText(value, 'names'), directive, false);
  }
  const string = asText(value);
  if (string !== undefined) {
    const result = text(string, directive);
    return result === undefined ? badVerb(verb, value) : pad(result, directive, true);
  }
  if (typeof value === 'boolean')
    return verb === 't' || verb === 'v' ? pad(String(value), directive, false) : badVerb(verb, value);
  if (typeof value === 'number') {
    const result = integer(value, directive);
    return result === undefined ? badVerb(verb, value) : pad(result, directive, directive.precision === undefined);
  }
  if (value instanceof GoFloat) {
    const result = float(value.value, directive);
    return result === undefined ? badVerb(verb, value) : pad(result, directive, true);
  }
  if (Array.isArray(value) && verb !== 'v') return `[${value.map((item) => one(directive, item)).join(' ')}]`;
  if (value instanceof Map && verb !== 'v') {
    const items = [...value].map(([key, item]) => `${one(directive, key)}:${one(directive, item)}`);
    return `map[${items.join(' ')}]`;
  }
  if (verb === 'v' || verb === 's') {
    if (value === undefined || value === null) return verb === 'v' ? pad('<nil>', directive, false) : '%!s(<nil>)';
    return pad(operandText(value), directive, false);
  }
  return badVerb(verb, value);
}

const DIRECTIVE = /%([-+# 0]*)(\*|\d+)?(?:\.(\*|\d*))?(.?)/gsu;

/** Formats by Go's verbs; too few and too many arguments are marked in the text as Go marks them. */
export function goSprintf(format: string, args: readonly unknown[]): string {
  let used = 0;
  const star = (given: string | undefined): number | undefined => {
    if (given === undefined) return undefined;
    if (given !== '*') return Number(given || 0);
    const value = args[used++];
    return typeof value === 'number' ? value : undefined;
  };
  const result = format.replace(DIRECTIVE, (_all, flagText: string, width, precision, verb: string) => {
    const flags = new Set(flagText);
    let columns = star(width);
    if (columns !== undefined && columns < 0) {
      flags.add('-');
      columns = -columns;
    }
    const digits = star(precision);
    if (verb === '') return '%!(NOVERB)';
    if (verb === '%') return '%';
    if (used >= args.length) return `%!${verb}(MISSING)`;
    return one({ flags, width: columns, precision: digits, verb }, args[used++]);
  });
  if (used >= args.length) return result;
  const extra = args
    .slice(used)
    .map((value) => (value === undefined || value === null ? '<nil>' : `${typeName(value)}=${operandText(value)}`));
  return `${result}%!(EXTRA ${extra.join(', ')})`;
}

const isString = (value: unknown): boolean => typeof value === 'string';

/** Operands one after another, a space between two that are no strings. */
export function goSprint(args: readonly unknown[]): string {
  let result = '';
  for (const [i, value] of args.entries()) {
    if (i > 0 && !isString(value) && !isString(args[i - 1])) result += ' ';
    result += operandText(value);
  }
  return result;
}

/** Operands separated by spaces, and a line break. */
export function goSprintln(args: readonly unknown[]): string {
  return `${args.map((value) => operandText(value)).join(' ')}\n`;
}

import type { FlagSpec } from './flag.ts';

/** A command line that cannot be parsed; the dispatcher adds the command's usage to the message. */
export class FlagError extends Error {}

/** Words of pflag for a value that a flag does not take. */
export function invalidValue(spec: FlagSpec, value: string, reason: string): FlagError {
  const name = spec.short === undefined ? `--${spec.name}` : `-${spec.short}, --${spec.name}`;
  return new FlagError(`invalid argument ${goQuote(value)} for "${name}" flag: ${reason}`);
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

/** What `strconv.Quote` does not print as it is: quotes, controls, and every space but the plain one. */
const UNPRINTABLE = /["\\]|(?! )[\p{C}\p{Z}]/gu;

/** A string as Go's `%q` quotes it. */
export function goQuote(text: string): string {
  const body = text.replace(UNPRINTABLE, (c) => {
    const known = ESCAPES[c];
    if (known !== undefined) return known;
    const hex = (c.codePointAt(0) ?? 0).toString(16);
    if (hex.length <= 2 && c <= '\x7f') return `\\x${hex.padStart(2, '0')}`;
    return hex.length <= 4 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
  });
  return `"${body}"`;
}

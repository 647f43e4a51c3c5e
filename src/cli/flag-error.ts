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

/** A string as Go's `%q` quotes it. */
export function goQuote(text: string): string {
  const body = text.replace(/["\\\x00-\x1f\x7f]/g, (c) => {
    return ESCAPES[c] ?? `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  return `"${body}"`;
}

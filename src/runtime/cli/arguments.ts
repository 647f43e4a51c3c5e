import { BerthError } from '#base/errors.ts';

/** One flag of a command line. */
export interface Flag {
  readonly name: string;
  readonly short?: string;
  readonly kind: 'boolean' | 'string' | 'integer' | 'list';
  readonly about: string;
  /** Given when the flag is there without a value: `--rootless`. */
  readonly implied?: string;
}

/** Values of the flags that were given. */
export class FlagValues {
  readonly #values = new Map<string, string[]>();

  add(name: string, value: string): void {
    this.#values.set(name, [...(this.#values.get(name) ?? []), value]);
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** The last value given. */
  text(name: string): string | undefined {
    return this.#values.get(name)?.at(-1);
  }

  list(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  flag(name: string): boolean {
    return this.text(name) === 'true';
  }

  integer(name: string): number | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : Number(text);
  }
}

export interface ParsedArguments {
  readonly flags: FlagValues;
  readonly rest: readonly string[];
}

/**
 * Parses flags as the command lines of OCI runtimes take them: `-f`, `--flag`, with one or two dashes, `--flag=value` or
 * `--flag value`.
 *
 * @param interspersed flags may follow arguments; otherwise the first argument ends them
 * @throws BerthError `invalid` for unknown flags and bad values
 */
export function parseArguments(
  words: readonly string[],
  flags: readonly Flag[],
  interspersed: boolean,
): ParsedArguments {
  const byName = new Map(
    flags.flatMap((flag) => [[flag.name, flag] as const, ...(flag.short ? [[flag.short, flag] as const] : [])]),
  );
  const values = new FlagValues();
  const rest: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (word === '--') {
      rest.push(...words.slice(at + 1));
      break;
    }
    const match = /^--?([A-Za-z][\w-]*)(?:=([\s\S]*))?$/.exec(word);
    if (match === null) {
      if (interspersed) {
        rest.push(word);
        continue;
      }
      rest.push(...words.slice(at));
      break;
    }
    const [, name = '', inline] = match;
    const flag = byName.get(name);
    if (flag === undefined) throw badUsage(`flag provided but not defined: -${name}`);
    const needsWord = inline === undefined && flag.kind !== 'boolean' && flag.implied === undefined;
    if (needsWord) at++;
    const value = inline ?? (needsWord ? words[at] : (flag.implied ?? 'true'));
    if (value === undefined) throw badUsage(`flag needs an argument: -${name}`);
    values.add(flag.name, checked(flag, value));
  }
  return { flags: values, rest };
}

function checked(flag: Flag, value: string): string {
  if (flag.kind === 'integer' && !/^[+-]?\d+$/.test(value)) {
    throw badUsage(`invalid value ${JSON.stringify(value)} for flag -${flag.name}: not a number`);
  }
  if (flag.kind !== 'boolean') return value;
  if (/^(?:1|t|true)$/i.test(value)) return 'true';
  if (/^(?:0|f|false)$/i.test(value)) return 'false';
  throw badUsage(`invalid boolean value ${JSON.stringify(value)} for flag -${flag.name}`);
}

/** An error about the command line itself. */
export function badUsage(message: string): BerthError {
  return new BerthError('invalid', 'runtime.usage', message);
}

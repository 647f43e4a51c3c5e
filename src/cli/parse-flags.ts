/** Splits a command line into flags and arguments by the rules of Go's pflag, which docker's client uses. */
import { messageOf } from '#base/errors.ts';
import type { FlagSpec } from './flag.ts';
import { FlagError, invalidValue } from './flag-error.ts';
import { isRepeatable, readValue } from './flag-values.ts';
import { ParsedFlags } from './parsed-flags.ts';

export interface ParseRules {
  /** False: everything from the first argument that is no flag belongs to the arguments. */
  readonly interspersed: boolean;
}

export interface ParsedLine {
  readonly flags: ParsedFlags;
  readonly args: readonly string[];
  /** True if `--help` was given. */
  readonly help: boolean;
  /** Warnings about deprecated flags, in order. */
  readonly warnings: readonly string[];
}

/** Its letter is deprecated and so not part of its name in messages. */
const HELP: FlagSpec = { name: 'help', usage: 'Print usage', hidden: true };

class LineParser {
  readonly #byName = new Map<string, FlagSpec>();
  readonly #byShort = new Map<string, FlagSpec>();
  readonly #given = new Map<string, string[]>();
  readonly #typed = new Set<string>();
  readonly args: string[] = [];
  readonly warnings: string[] = [];

  constructor(specs: readonly FlagSpec[]) {
    for (const spec of specs) {
      this.#byName.set(spec.name, spec);
      if (spec.short !== undefined) this.#byShort.set(spec.short, spec);
    }
    // A command's own `--help` takes the general one's place, and with it the deprecated `-h`.
    if (!this.#byName.has('help')) {
      this.#byName.set('help', HELP);
      if (!this.#byShort.has('h')) this.#byShort.set('h', HELP);
    }
  }

  get flags(): ParsedFlags {
    return new ParsedFlags(this.#byName, this.#given, this.#typed);
  }

  parse(line: readonly string[], rules: ParseRules): void {
    const rest = [...line];
    for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
      if (word === '--') {
        this.args.push(...rest);
        return;
      }
      if (!word.startsWith('-') || word === '-') {
        this.args.push(word);
        if (rules.interspersed) continue;
        this.args.push(...rest);
        return;
      }
      if (word.startsWith('--')) this.#long(word, rest);
      else this.#shorts(word, rest);
    }
  }

  #long(word: string, rest: string[]): void {
    const body = word.slice(2);
    if (body === '' || body.startsWith('-') || body.startsWith('=')) throw new FlagError(`bad flag syntax: ${word}`);
    const at = body.indexOf('=');
    const name = at === -1 ? body : body.slice(0, at);
    const spec = this.#byName.get(name);
    if (spec === undefined) throw new FlagError(`unknown flag: --${name}`);
    const isBool = (spec.type ?? 'bool') === 'bool';
    const value = at !== -1 ? body.slice(at + 1) : isBool ? 'true' : rest.shift();
    if (value === undefined) throw new FlagError(`flag needs an argument: ${word}`);
    this.#set(spec, value);
  }

  /** `-abc`, `-e x`, `-ex`, `-e=x`. */
  #shorts(word: string, rest: string[]): void {
    for (let left = word.slice(1); left !== ''; ) {
      const letter = left[0] ?? '';
      const spec = this.#byShort.get(letter);
      if (spec === undefined) throw new FlagError(`unknown shorthand flag: '${letter}' in -${left}`);
      if (spec === HELP) this.warnings.push('Flag shorthand -h has been deprecated, use --help');
      if (left.length > 2 && left[1] === '=') {
        this.#set(spec, left.slice(2));
        return;
      }
      if ((spec.type ?? 'bool') === 'bool') {
        this.#set(spec, 'true');
        left = left.slice(1);
        continue;
      }
      const value = left.length > 1 ? left.slice(1) : rest.shift();
      if (value === undefined) throw new FlagError(`flag needs an argument: '${letter}' in -${left}`);
      this.#set(spec, value);
      return;
    }
  }

  #set(spec: FlagSpec, value: string): void {
    const type = spec.type ?? 'bool';
    try {
      if (type === 'bytes' && value === '-1' && spec.unlimited !== true) throw new Error(`invalid size: '${value}'`);
      readValue(type, value);
    } catch (error) {
      throw invalidValue(spec, value, messageOf(error));
    }
    if (spec.deprecated !== undefined)
      this.warnings.push(`Flag --${spec.name} has been deprecated, ${spec.deprecated}`);
    this.#typed.add(spec.name);
    const name = spec.sameAs ?? spec.name;
    const values = this.#given.get(name);
    if (values === undefined || !isRepeatable(type)) this.#given.set(name, [value]);
    else values.push(value);
  }
}

/**
 * Parses the words after a command's name.
 *
 * @throws FlagError in pflag's words
 */
export function parseFlags(specs: readonly FlagSpec[], line: readonly string[], rules: ParseRules): ParsedLine {
  const parser = new LineParser(specs);
  parser.parse(line, rules);
  const { flags, args, warnings } = parser;
  return { flags, args, help: flags.bool('help'), warnings };
}

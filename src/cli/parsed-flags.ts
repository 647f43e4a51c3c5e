import { invariant } from '#base/errors.ts';
import type { FlagSpec } from './flag.ts';
import { invalidValue } from './flag-error.ts';
import { readValue, zeroText } from './flag-values.ts';

/** The values of a command's flags after parsing. Asking for a flag the command does not have is a programmer's error. */
export class ParsedFlags {
  readonly #specs: ReadonlyMap<string, FlagSpec>;
  readonly #given: ReadonlyMap<string, readonly string[]>;
  readonly #typed: ReadonlySet<string>;

  constructor(
    specs: ReadonlyMap<string, FlagSpec>,
    given: ReadonlyMap<string, readonly string[]>,
    typed: ReadonlySet<string>,
  ) {
    this.#specs = specs;
    this.#given = given;
    this.#typed = typed;
  }

  #spec(name: string): FlagSpec {
    const spec = this.#specs.get(name);
    invariant(spec, `the command has a flag --${name}`);
    return spec;
  }

  /** True if the command line gave the flag, whatever its value. */
  changed(name: string): boolean {
    this.#spec(name);
    return this.#given.has(name);
  }

  /** True if the command line gave the flag under exactly this name, not under another of its names. */
  typed(name: string): boolean {
    this.#spec(name);
    return this.#typed.has(name);
  }

  /** The last value given, else the default, else the type's empty value. */
  text(name: string): string {
    const spec = this.#spec(name);
    return this.#given.get(name)?.at(-1) ?? spec.default ?? zeroText(spec.type);
  }

  bool(name: string): boolean {
    return this.number(name) === 1;
  }

  /** `int`, `uint`: the number; `bytes`: bytes; `decimal`: billionths; `duration`: nanoseconds. */
  number(name: string): number {
    const spec = this.#spec(name);
    return readValue(spec.type ?? 'bool', this.text(name));
  }

  /** All values of a repeatable flag in the order given. */
  list(name: string): readonly string[] {
    this.#spec(name);
    return this.#given.get(name) ?? [];
  }

  /** The error of a value that only the command can judge, worded as the parser words its own. */
  invalid(name: string, value: string, reason: string): Error {
    return invalidValue(this.#spec(name), value, reason);
  }
}

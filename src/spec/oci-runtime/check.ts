import { BerthError } from '#base/errors.ts';
import type { Integer64 } from './config.ts';

/**
 * Checks one value and returns it typed; `path` is its JSON path for error messages, for example `linux.devices[2].type`.
 * @throws BerthError `invalid` that names the path
 */
export type Check<T> = (value: unknown, path: string) => T;

/** The one shape of errors about a config.json. */
export function invalidConfig(path: string, problem: string): BerthError {
  return new BerthError('invalid', 'oci-config.invalid', `config.json: ${path}: ${problem}`, { details: { path } });
}

function shown(value: unknown): string {
  const text = typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? typeof value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

export const text: Check<string> = (value, path) => {
  if (typeof value !== 'string') throw invalidConfig(path, `must be a string, is ${shown(value)}`);
  if (value.includes('\0')) throw invalidConfig(path, 'must not contain a NUL byte');
  return value;
};

export const flag: Check<boolean> = (value, path) => {
  if (typeof value !== 'boolean') throw invalidConfig(path, `must be true or false, is ${shown(value)}`);
  return value;
};

/** A string for which `matches` holds; `what` completes "must be ...". */
export function textLike(matches: (value: string) => boolean, what: string): Check<string> {
  return (value, path) => {
    const string = text(value, path);
    if (!matches(string)) throw invalidConfig(path, `must be ${what}, is ${shown(string)}`);
    return string;
  };
}

export const absolutePath = textLike((value) => value.startsWith('/'), 'an absolute path');
export const nonEmpty = textLike((value) => value !== '', 'a non-empty string');

export function oneOf<const T extends string>(...names: readonly T[]): Check<T> {
  return (value, path) => {
    const found = names.find((name) => name === value);
    if (found === undefined) throw invalidConfig(path, `must be one of ${names.join(', ')}, is ${shown(value)}`);
    return found;
  };
}

/** An integer as a plain number; one beyond 2^53 (an "unlimited" in most programs) is rounded. */
export function integer(min: number, max: number): Check<number> {
  return (value, path) => {
    const number = typeof value === 'bigint' ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isInteger(number)) {
      throw invalidConfig(path, `must be an integer, is ${shown(value)}`);
    }
    if (number < min || number > max) {
      throw invalidConfig(path, `must be between ${min} and ${max}, is ${shown(value)}`);
    }
    return number;
  };
}

export const int32 = integer(-(2 ** 31), 2 ** 31 - 1);
export const uint32 = integer(0, 2 ** 32 - 1);
export const int64 = integer(-(2 ** 63), 2 ** 63);
export const uint64 = integer(0, 2 ** 64);

/** An unsigned 64-bit integer with all its digits. */
export const exactUint64: Check<Integer64> = (value, path) => {
  if (typeof value !== 'bigint') return uint64(value, path);
  if (value < 0n || value >= 1n << 64n) throw invalidConfig(path, `must be an unsigned 64-bit number, is ${value}`);
  return value;
};

export function list<T>(item: Check<T>): Check<readonly T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) throw invalidConfig(path, `must be an array, is ${shown(value)}`);
    return value.map((member, index) => item(member, `${path}[${index}]`));
  };
}

export function record<T>(item: Check<T>): Check<Readonly<Record<string, T>>> {
  return (value, path) =>
    Object.fromEntries(
      Object.entries(asObject(value, path)).map(([key, member]) => [
        key,
        item(member, `${path}[${JSON.stringify(key)}]`),
      ]),
    );
}

type Fields<T> = { readonly [K in keyof Required<T>]: Check<NonNullable<T[K]>> };

/**
 * An object with these fields. `null` counts as absent, as it does for Go programs; unknown properties are left out, as
 * the specification demands (config.md, "Extensibility").
 */
export function object<T extends object>(fields: Fields<T>, required: readonly (keyof T & string)[] = []): Check<T> {
  const checks = Object.entries<Check<unknown>>(fields);
  return (value, path) => {
    const given = asObject(value, path);
    const result: Record<string, unknown> = {};
    for (const [name, check] of checks) {
      const member = given[name];
      if (member === undefined || member === null) continue;
      result[name] = check(member, path === '' ? name : `${path}.${name}`);
    }
    for (const name of required) {
      if (!(name in result)) throw invalidConfig(path === '' ? name : `${path}.${name}`, 'is required');
    }
    // Every field came out of its own check and the required ones are there.
    return result as T;
  };
}

function asObject(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalidConfig(path === '' ? 'the document' : path, `must be an object, is ${shown(value)}`);
  }
  return value as Record<string, unknown>;
}

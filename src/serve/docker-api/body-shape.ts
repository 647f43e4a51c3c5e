/** Checks JSON bodies the way Go's decoder does: names of fields in any case, null for "not said", its error texts. */
import { BerthError } from '#base/errors.ts';

export type Shape =
  | 'string'
  | 'bool'
  | 'int'
  | 'int64'
  | 'uint16'
  | 'uint64'
  | 'float64'
  /** A list of strings, or one string for a list of one. */
  | 'strslice'
  | 'any'
  | { readonly list: Shape }
  | { readonly map: Shape }
  | Struct;

export interface Struct {
  /** Go's name of the type, for messages. */
  readonly struct: string;
  readonly fields: Readonly<Record<string, Shape>>;
  /** Fields of a struct that Go embeds here: they lie beside the others, but messages name them with its name. */
  /** True: what is missing of its scalars is Go's zero value, as in structs that lie in lists. */
  readonly zeroed?: true;
  readonly embedded?: { readonly name: string; readonly fields: Readonly<Record<string, Shape>> };
}

export const STRINGS: Shape = { list: 'string' };
export const STRING_MAP: Shape = { map: 'string' };
export const SET: Shape = { map: { struct: 'struct {}', fields: {} } };

interface Place {
  readonly struct: string;
  readonly path: string;
}

function goType(shape: Shape): string {
  if (typeof shape === 'string') return shape === 'strslice' ? '[]string' : shape === 'any' ? 'interface {}' : shape;
  if ('list' in shape) return `[]${goType(shape.list)}`;
  if ('map' in shape) return `map[string]${goType(shape.map)}`;
  return shape.struct;
}

function jsonKind(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return typeof value;
}

function mismatch(value: unknown, shape: Shape, place: Place): BerthError {
  const numeric = typeof shape === 'string' && /^(u?int|float)/.test(shape);
  const number = typeof value === 'number' && numeric ? ` ${value}` : '';
  const target = place.path === '' ? 'Go value' : `Go struct field ${place.struct}.${place.path}`;
  const message = `json: cannot unmarshal ${jsonKind(value)}${number} into ${target} of type ${goType(shape)}`;
  return new BerthError('invalid', 'api.body', `invalid JSON: ${message}`);
}

const INT64_RANGE = 2 ** 63;

function decodeScalar(value: unknown, shape: string): boolean {
  switch (shape) {
    case 'string':
      return typeof value === 'string';
    case 'bool':
      return typeof value === 'boolean';
    case 'float64':
      return typeof value === 'number';
    case 'uint16':
    case 'uint64':
      return Number.isInteger(value) && (value as number) >= 0 && (shape === 'uint64' || (value as number) < 65536);
    case 'int':
    case 'int64':
      return Number.isInteger(value) && (value as number) >= -INT64_RANGE && (value as number) < INT64_RANGE;
    default:
      return true;
  }
}

/** The zero values of a struct's scalar fields. */
function zeroFields(shape: Struct): Record<string, unknown> {
  const zero = (of: Shape) => (of === 'string' ? '' : of === 'bool' ? false : 0);
  const scalars = Object.entries(shape.fields).filter(
    ([, of]) => typeof of === 'string' && of !== 'any' && of !== 'strslice',
  );
  return Object.fromEntries(scalars.map(([name, of]) => [name, zero(of)]));
}

function decodeStruct(value: object, shape: Struct, place: Place): Record<string, unknown> {
  const known = { ...shape.fields, ...shape.embedded?.fields };
  const names = new Map(Object.keys(known).map((name) => [name.toLowerCase(), name]));
  const decoded: Record<string, unknown> = shape.zeroed ? zeroFields(shape) : {};
  for (const [given, inner] of Object.entries(value)) {
    const name = Object.hasOwn(known, given) ? given : names.get(given.toLowerCase());
    // Unknown fields are of newer or other clients: Go ignores them, and so must we to serve those clients.
    if (name === undefined) continue;
    const steps = [place.path, name in shape.fields ? '' : shape.embedded?.name, name];
    const path = steps.filter((step) => step !== '' && step !== undefined).join('.');
    if (inner === null && name in decoded) continue;
    decoded[name] = decode(inner, known[name]!, { struct: shape.struct, path });
  }
  return decoded;
}

function decode(value: unknown, shape: Shape, place: Place): unknown {
  if (value === null || value === undefined) return value;
  if (shape === 'strslice') {
    if (typeof value === 'string') return [value];
    return decode(value, STRINGS, place);
  }
  if (typeof shape === 'string') {
    if (!decodeScalar(value, shape)) throw mismatch(value, shape, place);
    return value;
  }
  if ('list' in shape) {
    if (!Array.isArray(value)) throw mismatch(value, shape, place);
    const isZeroed = typeof shape.list === 'object' && 'zeroed' in shape.list;
    return value.map((item) => decode(item === null && isZeroed ? {} : item, shape.list, place));
  }
  if (typeof value !== 'object' || Array.isArray(value)) throw mismatch(value, shape, place);
  if ('map' in shape)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, decode(item, shape.map, place)]));
  return decodeStruct(value, shape, place);
}

/**
 * @param value a parsed body
 * @returns the value with its fields' names in the API's case; its type is what `shape` says, which the caller names as `T`
 * @throws invalid ("json: cannot unmarshal string into Go struct field HostConfig.HostConfig.Memory of type int64")
 */
export function decodeBody<T>(value: unknown, shape: Struct): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    if (value === null) return {} as T;
    throw mismatch(value, shape, { struct: '', path: '' });
  }
  return decodeStruct(value, shape, { struct: shape.struct, path: '' }) as T;
}

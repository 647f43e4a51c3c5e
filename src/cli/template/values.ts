/**
 * Go's values as the template engine sees them. Strings, booleans and arrays are themselves; a `number` is an int;
 * `null` is a typed nil pointer, `undefined` no value at all; maps are `Map`s; the rest are the classes below.
 */

/** A floating point number: JavaScript's own would be an int here. */
export class GoFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** A number of a document whose Go type is not known: a string to Go, printed as it was written. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A list and a map that were never made: empty, but `null` in JSON. */
export const NIL_LIST: readonly never[] = Object.freeze([]);
export const NIL_MAP: ReadonlyMap<string, unknown> = new Map();

/** A method: called with the arguments that follow it in the template. */
export interface GoMethod {
  readonly params: readonly ParamType[];
  readonly call: (...args: never[]) => unknown;
}

/** A struct: fields in the order of its declaration, and methods. */
export class GoStruct {
  readonly type: string;
  readonly fields: ReadonlyMap<string, unknown>;
  readonly methods: ReadonlyMap<string, GoMethod>;
  /** What the `json` function writes; the fields when absent. */
  readonly json: (() => string) | undefined;
  /** What printing gives instead of the fields (`fmt.Stringer`). */
  readonly text: (() => string) | undefined;
  /** Reached through a pointer, which the printing functions show. */
  readonly isPointer: boolean;
  /** A map with methods: a field it does not have is no value, not an error. */
  readonly isMap: boolean;

  constructor(
    type: string,
    fields: ReadonlyMap<string, unknown>,
    more: {
      methods?: ReadonlyMap<string, GoMethod>;
      json?: () => string;
      text?: () => string;
      isMap?: boolean;
      isPointer?: boolean;
    } = {},
  ) {
    this.type = type;
    this.fields = fields;
    this.methods = more.methods ?? new Map();
    this.json = more.json;
    this.text = more.text;
    this.isMap = more.isMap ?? false;
    this.isPointer = more.isPointer ?? false;
  }
}

/** Types of parameters of functions; `any` takes all. */
export type ParamType = 'any' | 'string' | 'int' | 'strings' | 'bool';

const PARAM_NAMES: Readonly<Record<ParamType, string>> = {
  any: 'interface {}',
  string: 'string',
  int: 'int',
  strings: '[]string',
  bool: 'bool',
};

export function paramTypeName(type: ParamType): string {
  return PARAM_NAMES[type];
}

/** Lists and maps of documents, whose elements have no Go type of their own. */
const untyped = new WeakSet<object>();

/** The name Go would print for a value's type. */
export function typeName(value: unknown): string {
  if (value === undefined || value === null) return '<nil>';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return 'int';
  if (value instanceof GoFloat) return 'float64';
  if (value instanceof JsonNumber) return 'json.Number';
  if (value instanceof GoStruct) return value.type;
  if (typeof value === 'object' && untyped.has(value))
    return Array.isArray(value) ? '[]interface {}' : 'map[string]interface {}';
  if (value instanceof Map)
    return [...value.values()].every((v) => typeof v === 'string') && value.size > 0
      ? 'map[string]string'
      : 'map[string]interface {}';
  if (Array.isArray(value))
    return value.length > 0 && value.every((v) => typeof v === 'string') ? '[]string' : '[]interface {}';
  return 'interface {}';
}

/** Go's notion of true: not the empty value of its type. */
export function isTrue(value: unknown): boolean {
  if (value instanceof GoStruct) return true;
  if (value instanceof Map) return value.size > 0;
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof GoFloat) return value.value !== 0;
  if (value instanceof JsonNumber) return value.text !== '';
  return Boolean(value);
}

/** Keys of a map in Go's printing order. */
export function sortedKeys(map: ReadonlyMap<string, unknown>): string[] {
  return [...map.keys()].sort(compareStrings);
}

/** Byte order of the UTF-8 encodings, which is code point order. */
export function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  const ascii = /^[\x00-\x7f]*$/;
  if (ascii.test(a) && ascii.test(b)) return a < b ? -1 : 1;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** A parsed JSON document as Go decodes it into an empty interface with `UseNumber`. */
export function rawValue(json: unknown): unknown {
  if (json === null || json === undefined) return undefined;
  if (typeof json === 'number') return new JsonNumber(String(json));
  if (typeof json !== 'object') return json;
  const value = Array.isArray(json)
    ? json.map(rawValue)
    : new Map(Object.entries(json).map(([key, item]) => [key, rawValue(item)]));
  untyped.add(value);
  return value;
}

/** The functions of text/template and those that docker adds. */
import { goJson } from './json.ts';
import { goText } from './print.ts';
import { goSprint, goSprintf, goSprintln } from './printf.ts';
import type { ParamType } from './values.ts';
import { compareStrings, GoFloat, GoStruct, isTrue, JsonNumber, typeName } from './values.ts';

export interface TemplateFunction {
  readonly params: readonly ParamType[];
  /** Type of further arguments; absent: no more than `params`. */
  readonly rest?: ParamType;
  /** @throws Error whose message the template's error ends with */
  readonly call: (...args: never[]) => unknown;
}

type Kind = 'bool' | 'int' | 'float' | 'string';

function kindOf(value: unknown): Kind | undefined {
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return 'int';
  if (typeof value === 'string' || value instanceof JsonNumber) return 'string';
  if (value instanceof GoFloat) return 'float';
  return undefined;
}

const plain = (value: unknown): string | number | boolean =>
  value instanceof JsonNumber
    ? value.text
    : value instanceof GoFloat
      ? value.value
      : (value as string | number | boolean);

function isEqual(a: unknown, b: unknown): boolean {
  const isNil = (value: unknown) => value === undefined || value === null;
  if (isNil(a) || isNil(b)) return isNil(a) && isNil(b);
  const [left, right] = [kindOf(a), kindOf(b)];
  if (left === undefined && right === undefined) {
    if (Array.isArray(a) || a instanceof Map || Array.isArray(b) || b instanceof Map)
      throw new Error(`non-comparable type ${goText(a)}: ${typeName(a)}`);
    if (a instanceof GoStruct && b instanceof GoStruct) return a === b;
  }
  if (left === undefined || left !== right) throw new Error('incompatible types for comparison');
  return plain(a) === plain(b);
}

function eq(first: unknown, ...others: unknown[]): boolean {
  if (others.length === 0) throw new Error('missing argument for comparison');
  return others.some((other) => isEqual(first, other));
}

function isLess(a: unknown, b: unknown): boolean {
  const [left, right] = [kindOf(a), kindOf(b)];
  if (left === undefined || right === undefined) throw new Error('invalid type for comparison');
  if (left !== right) throw new Error('incompatible types for comparison');
  if (left === 'bool') throw new Error('invalid type for comparison');
  const [x, y] = [plain(a), plain(b)];
  return typeof x === 'string' && typeof y === 'string' ? compareStrings(x, y) < 0 : x < y;
}

function indexOf(key: unknown, length: number): number {
  if (typeof key !== 'number')
    throw new Error(
      key === undefined || key === null
        ? 'cannot index slice/array with nil'
        : `cannot index slice/array with type ${typeName(key)}`,
    );
  if (key < 0 || key > length) throw new Error(`index out of range: ${key}`);
  return key;
}

/** Numbers of documents are strings to Go. */
const textOf = (value: unknown): unknown => (value instanceof JsonNumber ? value.text : value);

function index(whole: unknown, ...keys: unknown[]): unknown {
  const item = textOf(whole);
  if (item === undefined) throw new Error('index of untyped nil');
  let value = item;
  for (const key of keys) {
    if (value === undefined || value === null) throw new Error('index of nil pointer');
    if (Array.isArray(value) || typeof value === 'string') {
      const bytes = typeof value === 'string' ? [...Buffer.from(value)] : value;
      const at = indexOf(key, bytes.length);
      if (at === bytes.length) throw new Error(`reflect: slice index out of range`);
      value = bytes[at];
    } else if (value instanceof Map) {
      if (typeof key !== 'string') throw new Error(`value has type ${typeName(key)}; should be string`);
      // A missing key gives the zero value of the map's type.
      const isText = value.size > 0 && [...value.values()].every((v) => typeof v === 'string');
      value = value.has(key) ? value.get(key) : isText ? '' : undefined;
    } else throw new Error(`can't index item of type ${typeName(value)}`);
  }
  return value;
}

function slice(whole: unknown, ...bounds: unknown[]): unknown {
  const item = textOf(whole);
  if (item === undefined) throw new Error('slice of untyped nil');
  if (bounds.length > 3) throw new Error(`too many slice indexes: ${bounds.length}`);
  const isText = typeof item === 'string';
  if (!isText && !Array.isArray(item)) throw new Error(`can't slice item of type ${typeName(item)}`);
  if (isText && bounds.length === 3) throw new Error('cannot 3-index slice a string');
  const bytes = isText ? Buffer.from(item) : undefined;
  const length = bytes?.length ?? (item as unknown[]).length;
  const [from = 0, to = length] = bounds.map((bound) => indexOf(bound, length));
  if (from > to) throw new Error(`invalid slice index: ${from} > ${to}`);
  return bytes === undefined ? (item as unknown[]).slice(from, to) : bytes.subarray(from, to).toString();
}

function len(item: unknown): number {
  if (typeof item === 'string') return Buffer.byteLength(item);
  if (item instanceof JsonNumber) return item.text.length;
  if (Array.isArray(item)) return item.length;
  if (item instanceof Map) return item.size;
  if (item === undefined || item === null) throw new Error('len of nil pointer');
  throw new Error(`len of type ${typeName(item)}`);
}

const HTML_ENTITIES: Readonly<Record<string, string>> = {
  '\0': '\uFFFD',
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
};
const JS_ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '"': '\\"',
  '<': '\\u003C',
  '>': '\\u003E',
  '&': '\\u0026',
  '=': '\\u003D',
};

/** The one string, or the operands printed, that an escaping function works on; a nil interface is no value here. */
const printed = (args: readonly unknown[]): string =>
  goSprint(args.map((arg) => (arg === undefined ? '<no value>' : arg)));

function queryEscape(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}

function jsEscape(text: string): string {
  return text.replace(/[\\'"<>&=\x00-\x1f]/g, (c) => {
    return JS_ESCAPES[c] ?? `\\u${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
  });
}

/** `strings.Title`: the first letter of each word, letters and digits being parts of words. */
function title(text: string): string {
  return text.replace(
    /(^|[^\p{L}\p{Nd}_'\u2019])(\p{L})/gu,
    (_all, before: string, letter: string) => before + letter.toUpperCase(),
  );
}

/** The first bytes of a text. */
function truncate(text: string, length: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length < length) return text;
  if (length < 0) throw new Error(`runtime error: slice bounds out of range [:${length}]`);
  return bytes.subarray(0, length).toString();
}

function split(text: string, separator: string): string[] {
  return separator === '' ? [...text] : text.split(separator);
}

function padded(text: string, before: number, after: number): string {
  if (text === '') return text;
  if (before < 0 || after < 0) throw new Error('strings: negative Repeat count');
  return ' '.repeat(before) + text + ' '.repeat(after);
}

function callNothing(): never {
  throw new Error('call of nil');
}

/** `and` and `or` are evaluated by the engine, which stops at the first argument that decides. */
export const FUNCTIONS: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>([
  [
    'and',
    { params: ['any'], rest: 'any', call: (...args: unknown[]) => args.find((arg) => !isTrue(arg)) ?? args.at(-1) },
  ],
  ['or', { params: ['any'], rest: 'any', call: (...args: unknown[]) => args.find(isTrue) ?? args.at(-1) }],
  ['call', { params: ['any'], rest: 'any', call: callNothing }],
  ['not', { params: ['any'], call: (value: unknown) => !isTrue(value) }],
  ['len', { params: ['any'], call: len }],
  ['index', { params: ['any'], rest: 'any', call: index }],
  ['slice', { params: ['any'], rest: 'any', call: slice }],
  ['print', { params: [], rest: 'any', call: (...args: unknown[]) => goSprint(args) }],
  [
    'printf',
    { params: ['string'], rest: 'any', call: (format: string, ...args: unknown[]) => goSprintf(format, args) },
  ],
  ['println', { params: [], rest: 'any', call: (...args: unknown[]) => goSprintln(args) }],
  [
    'html',
    {
      params: [],
      rest: 'any',
      call: (...args: unknown[]) => printed(args).replace(/[\0"'&<>]/g, (c) => HTML_ENTITIES[c] ?? c),
    },
  ],
  ['js', { params: [], rest: 'any', call: (...args: unknown[]) => jsEscape(printed(args)) }],
  ['urlquery', { params: [], rest: 'any', call: (...args: unknown[]) => queryEscape(printed(args)) }],
  ['eq', { params: ['any'], rest: 'any', call: eq }],
  ['ne', { params: ['any', 'any'], call: (a: unknown, b: unknown) => !isEqual(a, b) }],
  ['lt', { params: ['any', 'any'], call: isLess }],
  ['le', { params: ['any', 'any'], call: (a: unknown, b: unknown) => isLess(a, b) || isEqual(a, b) }],
  ['gt', { params: ['any', 'any'], call: (a: unknown, b: unknown) => !(isLess(a, b) || isEqual(a, b)) }],
  ['ge', { params: ['any', 'any'], call: (a: unknown, b: unknown) => !isLess(a, b) }],
  ['json', { params: ['any'], call: (value: unknown) => goJson(value) }],
  ['split', { params: ['string', 'string'], call: split }],
  [
    'join',
    { params: ['strings', 'string'], call: (parts: readonly string[], separator: string) => parts.join(separator) },
  ],
  ['title', { params: ['string'], call: title }],
  ['lower', { params: ['string'], call: (text: string) => text.toLowerCase() }],
  ['upper', { params: ['string'], call: (text: string) => text.toUpperCase() }],
  ['pad', { params: ['string', 'int', 'int'], call: padded }],
  ['truncate', { params: ['string', 'int'], call: truncate }],
]);

/** In the header of a table the names of columns stay as they are. */
export const HEADER_FUNCTIONS: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>([
  ...FUNCTIONS,
  ['json', { params: ['string'], call: (text: string) => text }],
  ['split', { params: ['string', 'string'], call: (text: string) => text }],
  ['join', { params: ['string', 'string'], call: (text: string) => text }],
  ['title', { params: ['string'], call: (text: string) => text }],
  ['lower', { params: ['string'], call: (text: string) => text }],
  ['upper', { params: ['string'], call: (text: string) => text }],
  ['truncate', { params: ['string', 'int'], call: (text: string) => text }],
]);

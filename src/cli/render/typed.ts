/** Documents of the API as the Go structs that docker's client would have read them into. */
import { goJson } from '../template/json.ts';
import { GoStruct, NIL_LIST, NIL_MAP } from '../template/values.ts';
import { goDuration, goTimeText } from './go-time.ts';
import { GO_TYPES, SHAPES } from './shapes.ts';

interface Field {
  readonly name: string;
  readonly json: string;
  readonly omitEmpty: boolean;
  readonly type: string;
}

const parsed = new Map<string, readonly Field[]>();

function fieldsOf(shape: string): readonly Field[] {
  let fields = parsed.get(shape);
  if (fields === undefined) {
    fields = (SHAPES[shape] ?? '')
      .split(' ')
      .filter((text) => text !== '')
      .map((text) => {
        const at = text.indexOf(':');
        const omitEmpty = text[at - 1] === '?';
        const [name = '', json = name] = text.slice(0, omitEmpty ? at - 1 : at).split('=');
        return { name, json, omitEmpty, type: text.slice(at + 1) };
      });
    parsed.set(shape, fields);
  }
  return fields;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A time prints as Go's default and stays what it was in JSON. */
function time(text: string): GoStruct {
  const json = text === '' ? '0001-01-01T00:00:00Z' : text;
  return new GoStruct('time.Time', new Map(), {
    json: () => JSON.stringify(json),
    text: () => goTimeText(json),
  });
}

const DURATION = 'time.Duration';

/** A duration prints with units and is a number of nanoseconds in JSON. */
function duration(nanoseconds: number): GoStruct {
  return new GoStruct(DURATION, new Map(), {
    json: () => String(nanoseconds),
    text: () => goDuration(nanoseconds),
  });
}

/** An interface: whatever the document has. */
function untyped(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(untyped);
  if (isObject(value)) return new Map(Object.entries(value).map(([key, item]) => [key, untyped(item)]));
  return value ?? undefined;
}

function fieldValue(type: string, value: unknown): unknown {
  switch (type) {
    case 's':
      return typeof value === 'string' ? value : '';
    case 'i':
      return typeof value === 'number' ? value : 0;
    case 'b':
      return value === true;
    case 't':
      return time(typeof value === 'string' ? value : '');
    case 'd':
      return duration(typeof value === 'number' ? value : 0);
    case 'any':
      return untyped(value);
  }
  const inner = type.slice(1, -1);
  if (type.startsWith('*')) {
    if (value === undefined || value === null) return null;
    return SHAPES[type.slice(1)] === undefined
      ? fieldValue(type.slice(1), value)
      : typedValue(type.slice(1), value, true);
  }
  if (type.startsWith('[')) return Array.isArray(value) ? value.map((item) => fieldValue(inner, item)) : NIL_LIST;
  if (type.startsWith('{')) {
    if (!isObject(value)) return NIL_MAP;
    return new Map(Object.entries(value).map(([key, item]) => [key, fieldValue(inner, item)]));
  }
  return typedValue(type, value);
}

/** What `omitempty` calls empty. */
function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (value instanceof Map) return value.size === 0;
  if (value instanceof GoStruct) return value.type === DURATION && value.json?.() === '0';
  return value === null || value === undefined || value === '' || value === 0 || value === false;
}

/** Shapes that print as a text of their own. */
const TEXTS: Readonly<Record<string, (fields: ReadonlyMap<string, unknown>) => string>> = {
  Ulimit: (fields) => `${fields.get('Name')}=${fields.get('Soft')}:${fields.get('Hard')}`,
};

/**
 * A document as a struct.
 *
 * @param shape a name of {@link SHAPES}
 * @param isPointer true for a pointer to it
 */
export function typedValue(shape: string, document: unknown, isPointer = false): GoStruct {
  const source = isObject(document) ? document : {};
  const fields = fieldsOf(shape);
  const values = new Map(fields.map((field) => [field.name, fieldValue(field.type, source[field.json])]));
  const json = () => {
    const items = fields
      .filter((field) => !field.omitEmpty || !isEmpty(values.get(field.name)))
      .map((field) => `${JSON.stringify(field.json)}:${goJson(values.get(field.name))}`);
    return `{${items.join(',')}}`;
  };
  const text = TEXTS[shape];
  return new GoStruct(GO_TYPES[shape] ?? `container.${shape}`, values, {
    json,
    isPointer,
    ...(text === undefined ? {} : { text: () => text(values) }),
  });
}

/** JSON as Go's encoder writes it. */
import { GoFloat, GoStruct, JsonNumber, NIL_LIST, NIL_MAP, sortedKeys } from './values.ts';

const HTML: Readonly<Record<string, string>> = { '<': '\\u003c', '>': '\\u003e', '&': '\\u0026' };

/** A string; U+2028 and U+2029 are always escaped, `<`, `>` and `&` when asked. */
function stringJson(text: string, escapeHtml: boolean): string {
  const quoted = JSON.stringify(text.toWellFormed()).replace(
    /[\u2028\u2029]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16)}`,
  );
  return escapeHtml ? quoted.replace(/[<>&]/g, (c) => HTML[c] ?? c) : quoted;
}

/** @param escapeHtml as `json.Marshal` does and docker's `json` function does not */
export function goJson(value: unknown, escapeHtml = false): string {
  const inner = (v: unknown) => goJson(v, escapeHtml);
  if (value === undefined || value === null || value === NIL_LIST || value === NIL_MAP) return 'null';
  if (typeof value === 'string') return stringJson(value, escapeHtml);
  if (typeof value === 'boolean' || typeof value === 'number') return String(value);
  if (value instanceof GoFloat) return JSON.stringify(value.value);
  if (value instanceof JsonNumber) return value.text;
  if (Array.isArray(value)) return `[${value.map(inner).join(',')}]`;
  if (value instanceof Map) {
    const items = sortedKeys(value).map((key) => `${stringJson(key, escapeHtml)}:${inner(value.get(key))}`);
    return `{${items.join(',')}}`;
  }
  if (value instanceof GoStruct) {
    if (value.json !== undefined) return value.json();
    const items = [...value.fields].map(([name, field]) => `${stringJson(name, escapeHtml)}:${inner(field)}`);
    return `{${items.join(',')}}`;
  }
  throw new Error('json: unsupported type');
}

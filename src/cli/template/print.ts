/** Go's default formatting of values, `%v` and its variants. */
import { goQuote } from '../flag-error.ts';
import { GoFloat, GoStruct, JsonNumber, sortedKeys, typeName } from './values.ts';

/** `%v`, `%+v` (names of fields) and `%#v` (Go syntax). */
export type Detail = 'plain' | 'names' | 'syntax';

/** A float as Go's `%v` does: shortest digits, exponent from 1e21. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const isScientific = value !== 0 && (Math.abs(value) < 1e-4 || Math.abs(value) >= 1e21);
  return isScientific ? value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2') : String(value);
}

function structText(value: GoStruct, detail: Detail): string {
  if (value.text !== undefined) return value.text();
  const fields = [...value.fields].map(([name, field]) => {
    const text = goText(field, detail, true);
    return detail === 'plain' ? text : `${name}:${text}`;
  });
  if (detail === 'syntax') return `${value.type.replace(/^\*/, '&')}{${fields.join(', ')}}`;
  return `{${fields.join(' ')}}`;
}

/**
 * A value as `fmt` prints it.
 *
 * @param isInner true inside another value, where a nil interface is `<nil>` and not missing
 */
export function goText(value: unknown, detail: Detail = 'plain', isInner = false): string {
  const inner = (v: unknown) => goText(v, detail, true);
  if (value === undefined) return isInner ? '<nil>' : '<no value>';
  if (value === null) return detail === 'syntax' ? 'interface {}(nil)' : '<nil>';
  if (typeof value === 'string') return detail === 'syntax' ? goQuote(value) : value;
  if (typeof value === 'boolean' || typeof value === 'number') return String(value);
  if (value instanceof GoFloat) return floatText(value.value);
  if (value instanceof JsonNumber) return detail === 'syntax' ? goQuote(value.text) : value.text;
  if (Array.isArray(value))
    return detail === 'syntax'
      ? `${typeName(value)}{${value.map(inner).join(', ')}}`
      : `[${value.map(inner).join(' ')}]`;
  if (value instanceof Map) {
    const isSyntax = detail === 'syntax';
    const items = sortedKeys(value).map((key) => `${isSyntax ? goQuote(key) : key}:${inner(value.get(key))}`);
    return isSyntax ? `${typeName(value)}{${items.join(', ')}}` : `map[${items.join(' ')}]`;
  }
  if (value instanceof GoStruct) return structText(value, detail);
  return String(value);
}

import { BerthError } from '#base/errors.ts';

export type Filters = Readonly<Record<string, readonly string[]>>;

function bad(): BerthError {
  return new BerthError('invalid', 'api.filters', 'invalid filter');
}

/**
 * Decodes the `filters` parameter: `{"label": ["a", "b"]}`, or the older `{"label": {"a": true, "b": true}}`.
 *
 * @throws invalid for anything else
 */
export function parseFilters(text: string | undefined): Filters {
  if (text === undefined) return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw bad();
  }
  if (value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw bad();
  const filters: Record<string, readonly string[]> = {};
  for (const [name, given] of Object.entries(value)) filters[name] = valuesOf(given);
  return filters;
}

function valuesOf(given: unknown): string[] {
  if (Array.isArray(given)) {
    if (!given.every((item) => typeof item === 'string')) throw bad();
    return given;
  }
  if (typeof given !== 'object' || given === null) throw bad();
  // Docker's own clients send every value as true; a false one is a value that was taken back.
  return Object.entries(given).flatMap(([value, on]) => (on === true ? [value] : []));
}

/** @throws invalid ("invalid filter 'x'") for a filter that the call does not know */
export function checkFilters(filters: Filters, known: readonly string[]): Filters {
  for (const name of Object.keys(filters))
    if (!known.includes(name)) throw new BerthError('invalid', 'api.filters', `invalid filter '${name}'`);
  return filters;
}

import { readFilter } from './flag-values.ts';

/** The values of `--filter` by name, each once; `undefined` when there are none. */
export function filtersOf(
  values: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Record<string, string[]> | undefined {
  const filters: Record<string, string[]> = {};
  const add = (name: string, value: string) => {
    const list = filters[name] ?? [];
    if (!list.includes(value)) filters[name] = [...list, value];
  };
  for (const text of values) {
    const filter = readFilter(text);
    if (filter !== undefined) add(...filter);
  }
  for (const [name, value] of Object.entries(more)) add(name, value);
  return Object.keys(filters).length === 0 ? undefined : filters;
}

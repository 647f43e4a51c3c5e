import { BerthError } from '#base/errors.ts';
import type { SearchResult } from '#spec/docker-api/registries.ts';

/** @throws invalid in Docker's words */
export function checkLimit(limit: number): number {
  if (Number.isInteger(limit) && limit >= 0 && limit <= 100) return limit === 0 ? 25 : limit;
  throw new BerthError('invalid', 'search.limit', `limit ${limit} is outside the range of [1, 100]`);
}

/** @throws invalid for values that the filters cannot have */
export function filterResults(
  results: readonly SearchResult[],
  filters: Readonly<Record<string, readonly string[]>>,
): SearchResult[] {
  const official = flagOf(filters, 'is-official');
  const automated = flagOf(filters, 'is-automated');
  const stars = (filters['stars'] ?? []).map((text) => {
    if (!/^\d+$/.test(text)) throw new BerthError('invalid', 'search.filter', `invalid filter 'stars=[${text}]'`);
    return Number(text);
  });
  const least = Math.max(0, ...stars);
  return results.filter(
    (result) =>
      result.star_count >= least &&
      (official === undefined || result.is_official === official) &&
      (automated === undefined || result.is_automated === automated),
  );
}

function flagOf(filters: Readonly<Record<string, readonly string[]>>, name: string): boolean | undefined {
  const [text] = filters[name] ?? [];
  if (text === undefined) return undefined;
  if (text === 'true' || text === '1') return true;
  if (text === 'false' || text === '0') return false;
  throw new BerthError('invalid', 'search.filter', `invalid filter '${name}=[${text}]'`);
}

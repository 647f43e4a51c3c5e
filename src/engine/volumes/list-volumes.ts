import { BerthError } from '#base/errors.ts';
import { matchesLabels } from '../events/event-filter.ts';
import type { CountedVolume } from '../state/volume-table.ts';
import type { Filters } from './api.ts';

function invalid(message: string): BerthError {
  return new BerthError('invalid', 'volume.filter', message);
}

/** @throws invalid with Docker's words for filters that the call does not know */
function checkNames(filters: Filters, known: readonly string[]): void {
  const unknown = Object.keys(filters).find((name) => !known.includes(name));
  if (unknown !== undefined) throw invalid(`invalid filter '${unknown}'`);
}

/** The one truth value of a filter; undefined when it is not given. */
function flagOf(filters: Filters, name: string): boolean | undefined {
  const values = filters[name] ?? [];
  if (values.length === 0) return undefined;
  const isTrue = values.some((value) => value === '1' || value === 'true');
  const isFalse = values.some((value) => value === '0' || value === 'false');
  if (isTrue === isFalse || values.length > 1) throw invalid(`invalid filter '${name}=[${values.join(' ')}]'`);
  return isTrue;
}

function expression(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch {
    // Not an expression: taken as it stands.
    return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  }
}

/**
 * The filter of `volume ls`: values of one name are alternatives (labels all count), names all count.
 *
 * @throws invalid with Docker's words
 */
export function listFilter(filters: Filters): (volume: CountedVolume) => boolean {
  checkNames(filters, ['dangling', 'driver', 'label', 'name']);
  const dangling = flagOf(filters, 'dangling');
  const drivers = filters['driver'] ?? [];
  const names = (filters['name'] ?? []).map(expression);
  return (volume) =>
    volume.status === 'ready' &&
    (dangling === undefined || dangling === (volume.users === 0)) &&
    (drivers.length === 0 || drivers.includes('local')) &&
    (names.length === 0 || names.some((name) => name.test(volume.name))) &&
    matchesLabels(filters['label'], volume.labels ?? {});
}

/**
 * The filter of `volume prune`: only anonymous volumes unless `all` is true.
 *
 * @param isAnonymous tells whether nobody named a volume
 * @throws invalid with Docker's words
 */
export function pruneFilter(
  filters: Filters,
  isAnonymous: (volume: CountedVolume) => boolean,
): (volume: CountedVolume) => boolean {
  checkNames(filters, ['all', 'label', 'label!']);
  const all = flagOf(filters, 'all') ?? false;
  const without = filters['label!'] ?? [];
  return (volume) =>
    volume.status === 'ready' &&
    volume.users === 0 &&
    (all || isAnonymous(volume)) &&
    matchesLabels(filters['label'], volume.labels ?? {}) &&
    !without.some((label) => matchesLabels([label], volume.labels ?? {}));
}

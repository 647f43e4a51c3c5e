import { BerthError } from '#base/errors.ts';
import { parseUserTimestamp } from '#spec/docker-api/timestamp.ts';
import { matchesLabels } from '../events/event-filter.ts';
import type { NetworkRow } from '../state/network-row.ts';
import type { Filters } from './api.ts';
import { isPredefined } from './predefined.ts';

function invalid(message: string): BerthError {
  return new BerthError('invalid', 'network.filter', message);
}

/** @throws invalid with Docker's words for filters that the call does not know */
function checkNames(filters: Filters, known: readonly string[]): void {
  const unknown = Object.keys(filters).find((name) => !known.includes(name));
  if (unknown !== undefined) throw invalid(`invalid filter '${unknown}'`);
}

function expression(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch {
    // Not an expression: taken as it stands.
    return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  }
}

/** The one truth value of `dangling`; undefined when it is not given. */
function danglingOf(values: readonly string[] | undefined): boolean | undefined {
  if (values === undefined || values.length === 0) return undefined;
  const isTrue = values.some((value) => value === '1' || value === 'true');
  const isFalse = values.some((value) => value === '0' || value === 'false');
  if (isTrue !== isFalse && values.length === 1) return isTrue;
  throw invalid('invalid value for filter \'dangling\', must be "true" (or "1"), or "false" (or "0")');
}

/**
 * The filter of `network ls`: values of one name are alternatives (labels all count), names all count.
 *
 * @param active ids of networks that running containers are in
 * @throws invalid with Docker's words
 */
export function listFilter(filters: Filters, active: ReadonlySet<string>): (row: NetworkRow) => boolean {
  checkNames(filters, ['dangling', 'driver', 'id', 'label', 'name', 'scope', 'type']);
  const dangling = danglingOf(filters['dangling']);
  const types = filters['type'] ?? [];
  for (const type of types) {
    if (type !== 'builtin' && type !== 'custom') throw invalid(`invalid filter: 'type'='${type}'`);
  }
  const [names, ids] = [filters['name'] ?? [], filters['id'] ?? []].map((texts) => texts.map(expression));
  const isOneOf = (values: readonly string[] | undefined, value: string) =>
    values === undefined || values.length === 0 || values.includes(value);
  return (row) =>
    row.status === 'ready' &&
    (dangling === undefined || dangling === (!isPredefined(row.name) && !active.has(row.id))) &&
    (names!.length === 0 || names!.some((name) => name.test(row.name))) &&
    (ids!.length === 0 || ids!.some((id) => id.test(row.id))) &&
    isOneOf(filters['driver'], row.driver) &&
    isOneOf(filters['scope'], row.spec.scope) &&
    isOneOf(types, isPredefined(row.name) ? 'builtin' : 'custom') &&
    matchesLabels(filters['label'], row.spec.labels);
}

/**
 * The filter of `network prune`.
 *
 * @throws invalid with Docker's words
 */
export function pruneFilter(filters: Filters, nowMs: number): (row: NetworkRow) => boolean {
  checkNames(filters, ['label', 'label!', 'until']);
  const until = (filters['until'] ?? []).map((time) => parseUserTimestamp(time, nowMs));
  const without = filters['label!'] ?? [];
  return (row) =>
    row.status === 'ready' &&
    !isPredefined(row.name) &&
    !row.spec.configOnly &&
    until.every((limit) => row.createdNs < limit) &&
    matchesLabels(filters['label'], row.spec.labels) &&
    !without.some((label) => matchesLabels([label], row.spec.labels));
}

import { matchesGlob } from 'node:path';
import { BerthError } from '#base/errors.ts';
import { parseTimeNs } from '#base/time.ts';
import { parseUserTimestamp } from '#spec/docker-api/timestamp.ts';
import { familiarName, familiarReference, parseReference } from '#spec/reference.ts';
import { matchesLabels } from '../events/event-filter.ts';
import type { ImageStorage, StoredImageFacts } from './image-storage.ts';

type Filters = Readonly<Record<string, readonly string[]>>;

/** Nanoseconds since the epoch; 0 when the image does not say. */
export function createdNs(image: StoredImageFacts): bigint {
  return (image.config.created === undefined ? undefined : parseTimeNs(image.config.created)) ?? 0n;
}

/** The value of a filter that is yes or no. @throws invalid ("invalid filter 'dangling=[x]'") */
export function boolFilter(filters: Filters, name: string): boolean | undefined {
  const values = filters[name];
  if (values === undefined || values.length === 0) return undefined;
  const read = values.map((value) => {
    if (['1', 'true'].includes(value.toLowerCase())) return true;
    if (['0', 'false'].includes(value.toLowerCase())) return false;
    throw new BerthError('invalid', 'filter.invalid', `invalid filter '${name}=[${values.join(' ')}]'`);
  });
  return read.includes(true);
}

/** Whether `label`, `label!` and `until` let an image through. */
export function matchesPruneFilters(filters: Filters, image: StoredImageFacts): boolean {
  const labels = image.config.config?.Labels ?? {};
  const until = (filters['until'] ?? []).map((text) => parseUserTimestamp(text, Date.now()));
  return (
    matchesLabels(filters['label'], labels) &&
    !(filters['label!'] ?? []).some((wanted) => matchesLabels([wanted], labels)) &&
    until.every((limit) => createdNs(image) < limit)
  );
}

/** A pattern of `reference=` against one full name: the familiar name with and without the tag. */
function matchesReference(pattern: string, name: string): boolean {
  const reference = parseReference(name);
  const candidates = [familiarReference(reference), familiarName(reference)];
  return candidates.some((candidate) => matchesGlob(candidate, pattern));
}

/**
 * The names of an image that pass `reference`; undefined when none does.
 */
export function namesPassing(filters: Filters, image: StoredImageFacts): readonly string[] | undefined {
  const patterns = filters['reference'] ?? [];
  if (patterns.length === 0) return image.names;
  const passing = image.names.filter((name) => patterns.some((pattern) => matchesReference(pattern, name)));
  return passing.length === 0 ? undefined : passing;
}

/**
 * The filter of `docker images` without `reference`.
 *
 * @throws invalid for values that mean nothing, not-found for images that `before` and `since` name
 */
export function compileImageFilter(filters: Filters, storage: Pick<ImageStorage, 'find'>) {
  const dangling = boolFilter(filters, 'dangling');
  const before = (filters['before'] ?? []).map((ref) => createdNs(storage.find(ref)));
  const since = (filters['since'] ?? []).map((ref) => createdNs(storage.find(ref)));
  return (image: StoredImageFacts, hasChildren: boolean): boolean => {
    const created = createdNs(image);
    if (dangling !== undefined && dangling !== (image.names.length === 0 && !hasChildren)) return false;
    if (!before.every((limit) => created < limit) || !since.every((limit) => created > limit)) return false;
    return matchesPruneFilters(filters, image);
  };
}

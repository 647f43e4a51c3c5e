import { BerthError } from '#base/errors.ts';
import { parseUserTimestamp } from '#spec/docker-api/timestamp.ts';
import { parseImageConfig } from '#spec/oci-image/image-config.ts';
import { familiarName, familiarReference, parseReference } from '#spec/reference.ts';
import type { ImageRow, ImageTable } from '../metadata/image-table.ts';
import { createdMs } from './created.ts';
import { resolveImage } from './resolve.ts';

export type Filters = Readonly<Record<string, readonly string[]>>;

/** An image with its names; `undefined` names mean it is filtered out. */
export interface FilteredImage {
  readonly row: ImageRow;
  /** Full names that are shown. */
  readonly names: readonly string[];
}

const KNOWN = ['dangling', 'label', 'label!', 'before', 'since', 'reference', 'until'];

/**
 * The filter of `docker images` and `docker image prune`.
 *
 * @returns what is left of an image, undefined for nothing
 * @throws invalid for unknown filters and values, not-found for `before` and `since` of no image
 */
export function compileImageFilters(
  table: ImageTable,
  filters: Filters,
): (row: ImageRow, names: readonly string[]) => FilteredImage | undefined {
  for (const name of Object.keys(filters)) {
    if (!KNOWN.includes(name)) throw new BerthError('invalid', 'filter.unknown', `invalid filter '${name}'`);
  }
  const dangling = danglingOf(filters);
  const before = limit(table, filters['before'], Math.min);
  const since = limit(table, filters['since'], Math.max);
  const until = (filters['until'] ?? []).map((text) => Number(parseUserTimestamp(text, Date.now()) / 1_000_000n));
  const patterns = (filters['reference'] ?? []).map(globExpression);
  return (row, names) => {
    const config = parseImageConfig(row.config);
    const created = createdMs(config);
    if (before !== undefined && created >= before) return undefined;
    if (since !== undefined && created <= since) return undefined;
    if (until.some((end) => created >= end)) return undefined;
    const labels = config.config?.Labels ?? {};
    if (!(filters['label'] ?? []).every((wanted) => hasLabel(labels, wanted))) return undefined;
    if ((filters['label!'] ?? []).some((wanted) => hasLabel(labels, wanted))) return undefined;
    const shown = patterns.length === 0 ? names : names.filter((name) => matchesAny(patterns, name));
    if (patterns.length > 0 && shown.length === 0) return undefined;
    const isDangling = !names.some((name) => !name.includes('@'));
    if (dangling !== undefined && dangling !== isDangling) return undefined;
    return { row, names: shown };
  };
}

/** Undefined when nothing is said. */
export function danglingOf(filters: Filters): boolean | undefined {
  const values = filters['dangling'];
  if (values === undefined || values.length === 0) return undefined;
  const value = values[0]!;
  if (values.length > 1 || !/^(1|0|t|f|true|false)$/i.test(value)) {
    throw new BerthError('invalid', 'filter.invalid', `invalid filter 'dangling=[${values.join(' ')}]'`);
  }
  return /^(1|t|true)$/i.test(value);
}

function limit(
  table: ImageTable,
  names: readonly string[] | undefined,
  pick: (...values: number[]) => number,
): number | undefined {
  if (names === undefined || names.length === 0) return undefined;
  return pick(...names.map((name) => createdMs(parseImageConfig(resolveImage(table, name).config))));
}

function hasLabel(labels: Readonly<Record<string, string>>, wanted: string): boolean {
  const equals = wanted.indexOf('=');
  const key = equals < 0 ? wanted : wanted.slice(0, equals);
  return Object.hasOwn(labels, key) && (equals < 0 || labels[key] === wanted.slice(equals + 1));
}

function matchesAny(patterns: readonly RegExp[], name: string): boolean {
  const reference = parseReference(name);
  const texts = [familiarReference(reference), familiarName(reference)];
  return patterns.some((pattern) => texts.some((text) => pattern.test(text)));
}

/** A pattern of Go's path.Match: `*` and `?` stop at slashes, `[a-z]` is one character. */
function globExpression(pattern: string): RegExp {
  const source = pattern.replace(/\\.|\[\^?[^\]]*\]|[*?]|[.+^${}()|[\]\\]/g, (part) => {
    if (part === '*') return '[^/]*';
    if (part === '?') return '[^/]';
    if (part.length > 1 && (part.startsWith('[') || part.startsWith('\\'))) return part;
    return `\\${part}`;
  });
  try {
    return new RegExp(`^${source}$`);
  } catch {
    throw new BerthError('invalid', 'filter.invalid', `invalid filter 'reference=${pattern}': syntax error in pattern`);
  }
}

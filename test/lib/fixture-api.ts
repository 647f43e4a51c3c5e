/** An engine made of recorded answers, so that docker's client and Berth's can be given the same. */
import { readFileSync } from 'node:fs';
import type { ApiRequest, ApiResponse } from '#spec/docker-api/exchange.ts';

interface Fixture {
  readonly method: string;
  readonly path: string;
  /** Parameters that a request must have for this answer. */
  readonly query?: Readonly<Record<string, string>>;
  readonly status: number;
  readonly body: unknown;
}

/** A request as the two clients are compared by. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
}

export function readFixtures(path: string): readonly Fixture[] {
  return JSON.parse(readFileSync(path, 'utf8')) as readonly Fixture[];
}

/** Filters in both spellings, lists of values and sets of them, as sets in a fixed order. */
function canonicalFilters(text: string): string {
  const filters = JSON.parse(text) as Record<string, readonly string[] | Record<string, boolean>>;
  const names = Object.keys(filters).sort();
  const sets = names.map((name) => {
    const values = filters[name] ?? [];
    const list = Array.isArray(values) ? [...values] : Object.keys(values);
    return [name, Object.fromEntries(list.sort().map((value) => [value, true]))];
  });
  return JSON.stringify(Object.fromEntries(sets));
}

/** Without what says nothing: absent, empty and false parameters are the same to the engine. */
export function canonicalQuery(query: Iterable<readonly [string, string]>): Record<string, string> {
  const pairs = [...query]
    .filter(([, value]) => value !== '' && value !== '0' && value !== 'false' && value !== '{}')
    .map(([name, value]) => [name, name === 'filters' ? canonicalFilters(value) : value] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(pairs.map(([name, value]) => [name, value === 'true' ? '1' : value]));
}

/** What the engine says to an object that is not there. */
function absent(path: string): { readonly status: number; readonly body: unknown } {
  const [, kind = '', name = ''] = path.split('/');
  const decoded = decodeURIComponent(name);
  if (kind === 'containers') return { status: 404, body: { message: `No such container: ${decoded}` } };
  if (kind === 'images') return { status: 404, body: { message: `No such image: ${decoded}:latest` } };
  if (kind === 'networks') return { status: 404, body: { message: `network ${decoded} not found` } };
  if (kind === 'volumes') return { status: 404, body: { message: `get ${decoded}: no such volume` } };
  return { status: 404, body: { message: 'page not found' } };
}

/** The recorded answer to a request; the first fixture that fits. */
export function answerOf(
  fixtures: readonly Fixture[],
  request: SeenRequest,
): { readonly status: number; readonly body: unknown } {
  const found = fixtures.find(
    (fixture) =>
      fixture.method === request.method &&
      fixture.path === request.path &&
      Object.entries(fixture.query ?? {}).every(([name, value]) => request.query[name] === value),
  );
  return found ?? absent(request.path);
}

/** The same engine for a client in this process; what it was asked is appended to `seen`. */
export function fixtureDispatch(fixtures: readonly Fixture[], seen: SeenRequest[]) {
  return async (request: ApiRequest): Promise<ApiResponse> => {
    const pairs = Object.entries(request.query ?? {}).flatMap(([name, value]) => {
      if (value === undefined) return [];
      if (typeof value === 'object') return value.map((item) => [name, item] as const);
      return [[name, String(value)] as const];
    });
    const asked = { method: request.method, path: request.path, query: canonicalQuery(pairs) };
    if (request.path !== '/_ping') seen.push(asked);
    const { status, body } = answerOf(fixtures, asked);
    // A copy, so that no command can change what the next one is told.
    return { status, headers: {}, body: { kind: 'json', value: structuredClone(body) } };
  };
}

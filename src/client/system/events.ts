import type { EventMessage, EventsQuery } from '#spec/docker-api/system.ts';
import type { Api } from '../api.ts';
import { encodeFilters, sendForLines } from '../api.ts';

/** Events from `since` on, live until aborted or `until`. */
export function systemEvents(
  api: Api,
  query: EventsQuery = {},
  abort?: AbortSignal,
): Promise<AsyncIterable<EventMessage>> {
  return sendForLines(api, {
    method: 'GET',
    path: '/events',
    query: { since: query.since, until: query.until, filters: encodeFilters(query.filters) },
    abort,
  });
}

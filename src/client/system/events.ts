import type { EventMessage, EventsQuery } from '#spec/docker-api/system.ts';
import { toApiTimestamp } from '#spec/docker-api/timestamp.ts';
import type { Api } from '../api.ts';
import { encodeFilters, sendForLines } from '../api.ts';

function apiTime(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : toApiTimestamp(text, Date.now());
}

/** Events from `since` on, live until aborted or `until`; times in every form that `docker events --since` takes. */
export async function systemEvents(
  api: Api,
  query: EventsQuery = {},
  abort?: AbortSignal,
): Promise<AsyncIterable<EventMessage>> {
  return sendForLines(api, {
    method: 'GET',
    path: '/events',
    query: { since: apiTime(query.since), until: apiTime(query.until), filters: encodeFilters(query.filters) },
    abort,
  });
}

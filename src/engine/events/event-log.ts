import { BerthError } from '#base/errors.ts';
import { nowNs } from '#base/time.ts';
import type { EventMessage, EventsQuery, EventType } from '#spec/docker-api/system.ts';
import { parseApiTimestamp } from '#spec/docker-api/timestamp.ts';
import type { ChangeFeed } from '../state/change-feed.ts';
import type { EventRow, EventTable } from '../state/event-table.ts';
import type { Events, NewEvent } from './api.ts';
import { matchesEvent } from './event-filter.ts';

export interface EventLogParts {
  readonly table: Pick<EventTable, 'insert' | 'lastSeq' | 'after'>;
  readonly changes: Pick<ChangeFeed, 'announce' | 'next'>;
}

/** An event in the API's shape; containers and images also under the names that old clients read. */
export function toMessage(row: EventRow): EventMessage {
  const container = row.type === 'container';
  const named = container || row.type === 'image';
  const from = row.attributes['image'];
  return {
    ...(named ? { status: row.action, id: row.actor } : {}),
    ...(container && from !== undefined ? { from } : {}),
    Type: row.type as EventType,
    Action: row.action,
    Actor: { ID: row.actor, Attributes: row.attributes },
    scope: 'local',
    time: Number(row.timeNs / 1_000_000_000n),
    timeNano: Number(row.timeNs),
  };
}

/** A signal that aborts when `abort` does and at a point in time; call the returned function when done. */
function untilSignal(abort: AbortSignal | undefined, untilNs: bigint | undefined) {
  const aborter = new AbortController();
  const stop = () => aborter.abort();
  abort?.addEventListener('abort', stop, { once: true });
  if (abort?.aborted) stop();
  const leftMs = untilNs === undefined ? undefined : Number((untilNs - nowNs()) / 1_000_000n) + 1;
  // A timer cannot wait longer than 2^31 ms, 24 days; who waits that long sees the end a little early.
  const timer = leftMs === undefined ? undefined : setTimeout(stop, Math.min(Math.max(leftMs, 0), 2 ** 31 - 1));
  const release = () => {
    clearTimeout(timer);
    abort?.removeEventListener('abort', stop);
  };
  return { signal: aborter.signal, release };
}

async function* readEvents(
  parts: EventLogParts,
  range: { readonly sinceNs: bigint | undefined; readonly untilNs: bigint | undefined; readonly from: number },
  filters: Readonly<Record<string, readonly string[]>>,
  abort: AbortSignal | undefined,
): AsyncGenerator<EventMessage, void, undefined> {
  const { sinceNs, untilNs } = range;
  let seq = range.from;
  const { signal, release } = untilSignal(abort, untilNs);
  try {
    for (;;) {
      const ended = signal.aborted;
      // Looked at after the end too: events of the last moment are in the range.
      for (let rows = parts.table.after(seq); rows.length > 0; rows = parts.table.after(seq)) {
        for (const row of rows) {
          seq = row.seq;
          if (abort?.aborted) return;
          if ((sinceNs !== undefined && row.timeNs < sinceNs) || (untilNs !== undefined && row.timeNs > untilNs))
            continue;
          const message = toMessage(row);
          if (matchesEvent(filters, message)) yield message;
        }
      }
      if (ended) return;
      await parts.changes.next(signal);
    }
  } finally {
    release();
  }
}

/** Events over their table; live readers are woken by changes of the database, whichever process makes them. */
export function createEvents(parts: EventLogParts): Events {
  return {
    emit(event: NewEvent) {
      const { type, action, id, attributes = {}, timeNs = nowNs() } = event;
      parts.table.insert({ timeNs, type, action, actor: id, attributes });
      parts.changes.announce();
    },
    read(query: EventsQuery = {}, abort?: AbortSignal) {
      const sinceNs = query.since === undefined ? undefined : parseApiTimestamp(query.since);
      const untilNs = query.until === undefined ? undefined : parseApiTimestamp(query.until);
      if (sinceNs !== undefined && untilNs !== undefined && untilNs < sinceNs) {
        const message = `\`since\` time (${query.since}) cannot be after \`until\` time (${query.until})`;
        throw new BerthError('invalid', 'events.range', message);
      }
      // Taken now, not at the first read: nothing that happens from here on is missed.
      const from = sinceNs === undefined && untilNs === undefined ? parts.table.lastSeq() : 0;
      return readEvents(parts, { sinceNs, untilNs, from }, query.filters ?? {}, abort);
    },
  };
}

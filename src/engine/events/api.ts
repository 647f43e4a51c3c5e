import type { EventMessage, EventsQuery, EventType } from '#spec/docker-api/system.ts';

export interface NewEvent {
  readonly type: EventType;
  /** `create`, `die`, `exec_start: sh`, ... */
  readonly action: string;
  /** Id of the object, or its name where it has no id. */
  readonly id: string;
  readonly attributes?: Readonly<Record<string, string>>;
  /** When it happened, nanoseconds since the epoch; now when absent. */
  readonly timeNs?: bigint;
}

/** What happened in an engine, kept in its database so that every process sees it. */
export interface Events {
  /** Records an event; inside a transaction that changes the state it is part of it. */
  emit(event: NewEvent): void;
  /**
   * Past events from `since` on, then live ones until `until` has passed or the signal aborts. With neither time only live
   * ones; with an `until` in the past only past ones.
   * @throws invalid for times and filters that cannot be parsed, before the first event
   */
  read(query?: EventsQuery, abort?: AbortSignal): AsyncIterable<EventMessage>;
}

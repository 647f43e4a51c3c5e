import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isBerthError } from '#base/errors.ts';
import type { EventMessage } from '#spec/docker-api/system.ts';
import type { EventRow } from '../state/event-table.ts';
import { createEvents, toMessage } from './event-log.ts';

function fakeParts() {
  const rows: EventRow[] = [];
  let wake: (() => void)[] = [];
  return {
    rows,
    table: {
      insert: (event: Omit<EventRow, 'seq'>) => void rows.push({ ...event, seq: rows.length + 1 }),
      lastSeq: () => rows.length,
      after: (seq: number) => rows.slice(seq),
    },
    changes: {
      announce: () => {
        for (const each of wake) each();
        wake = [];
      },
      next: (signal?: AbortSignal) =>
        new Promise<void>((resolve) => {
          wake.push(resolve);
          if (signal?.aborted) resolve();
          signal?.addEventListener('abort', () => resolve());
        }),
    },
  };
}

test('createEvents() read() gives live events until aborted, and past ones only when a time asks for them', async () => {
  const parts = fakeParts();
  const events = createEvents(parts);
  events.emit({ type: 'container', action: 'create', id: 'a' });
  const aborter = new AbortController();
  const live = events.read({}, aborter.signal);
  events.emit({ type: 'container', action: 'start', id: 'a' });
  const seen: string[] = [];
  for await (const event of live) {
    seen.push(event.Action);
    if (event.Action === 'start') setImmediate(() => events.emit({ type: 'container', action: 'die', id: 'a' }));
    if (event.Action === 'die') aborter.abort();
  }
  assert.deepEqual(seen, ['start', 'die']);
  const past: string[] = [];
  for await (const event of events.read({ since: '0', until: String((Date.now() + 2) / 1000) }))
    past.push(event.Action);
  assert.deepEqual(past, ['create', 'start', 'die']);
});

test('createEvents() read() ends when the time of until has come', async () => {
  const events = createEvents(fakeParts());
  const seen: EventMessage[] = [];
  for await (const event of events.read({ until: String(Date.now() / 1000 + 0.05) })) seen.push(event);
  assert.deepEqual(seen, []);
});

test('createEvents() read() throws at once for a range that is none', () => {
  const events = createEvents(fakeParts());
  assert.throws(
    () => events.read({ since: '20', until: '10' }),
    (error) => isBerthError(error, 'invalid') && /`since` time \(20\) cannot be after/.test(error.message),
  );
  assert.throws(() => events.read({ since: 'x' }), /invalid syntax/);
});

test('createEvents() read() applies filters', async () => {
  const parts = fakeParts();
  const events = createEvents(parts);
  const attributes = { image: 'busybox:latest', name: 'web', tier: 'front' };
  events.emit({ type: 'container', action: 'exec_create: sh -c x', id: 'aaa', attributes });
  events.emit({ type: 'container', action: 'die', id: 'aaa', attributes });
  events.emit({ type: 'image', action: 'tag', id: 'sha256:b', attributes: { name: 'busybox:latest' } });
  const actions = async (filters: Record<string, string[]>) => {
    const seen: string[] = [];
    for await (const event of events.read({ since: '0', until: '1', filters })) seen.push(event.Action);
    return seen;
  };
  const until = { since: '0', until: String(Date.now() / 1000 + 0.02) };
  const filtered = async (filters: Record<string, string[]>) => {
    const seen: string[] = [];
    for await (const event of events.read({ ...until, filters })) seen.push(event.Action);
    return seen;
  };
  assert.deepEqual(await actions({}), [], 'nothing happened in 1970');
  assert.deepEqual(await filtered({ event: ['exec_create'] }), ['exec_create: sh -c x']);
  assert.deepEqual(await filtered({ event: ['exec'] }), []);
  assert.deepEqual(await filtered({ type: ['image'] }), ['tag']);
  assert.deepEqual(await filtered({ container: ['we'], event: ['die'] }), ['die']);
  assert.deepEqual(await filtered({ image: ['busybox'] }), ['exec_create: sh -c x', 'die']);
  assert.deepEqual(await filtered({ label: ['tier=front', 'image'] }), ['exec_create: sh -c x', 'die']);
  assert.deepEqual(await filtered({ label: ['tier=back'] }), []);
});

test('toMessage() gives containers and images the names that old clients read', () => {
  const row = { seq: 1, timeNs: 1_700_000_000_123_456_000n, action: 'die', actor: 'a', attributes: { image: 'i' } };
  assert.deepEqual(toMessage({ ...row, type: 'container' }), {
    status: 'die',
    id: 'a',
    from: 'i',
    Type: 'container',
    Action: 'die',
    Actor: { ID: 'a', Attributes: { image: 'i' } },
    scope: 'local',
    time: 1_700_000_000,
    timeNano: 1_700_000_000_123_456_000,
  });
  assert.equal('status' in toMessage({ ...row, type: 'network' }), false);
});

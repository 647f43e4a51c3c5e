import { resolve } from 'node:path';
import { type Database, openDatabase } from '#store/metadata/database.ts';
import { STORE_SCHEMA } from '#store/metadata/schema.ts';
import { openStore, type Store } from '#store/open-store.ts';
import { keepSpareKeeper } from '#sys/keeper/spare-keeper.ts';
import type { Containers } from './containers/api.ts';
import { createContainers } from './containers/containers.ts';
import { storeImages } from './containers/store-images.ts';
import type { EngineContext } from './context.ts';
import type { Engine, EngineOptions } from './engine.ts';
import type { Events } from './events/api.ts';
import { createEvents } from './events/event-log.ts';
import type { Execs } from './exec/api.ts';
import { createExecs } from './exec/execs.ts';
import { watchHealth } from './health/health-monitor.ts';
import { openContext } from './open-context.ts';
import { watchAll } from './resident.ts';
import { EVENT_SCHEMA } from './state/event-schema.ts';
import { EventTable } from './state/event-table.ts';
import { NETWORK_SCHEMA } from './state/network-schema.ts';
import { PORT_SCHEMA } from './state/port-schema.ts';
import { ENGINE_SCHEMA } from './state/schema.ts';
import { VOLUME_SCHEMA } from './state/volume-schema.ts';

/** The engine's ground floor: state, store, containers, execs, events. */
export interface Core {
  readonly root: string;
  readonly db: Database;
  readonly context: EngineContext;
  readonly store: Store;
  readonly containers: Containers;
  readonly execs: Execs;
  readonly events: Events;
  /** As {@link Engine.finish}. */
  finish(): Promise<void>;
  close(): Promise<void>;
}

function isOver(context: EngineContext, id: string): boolean {
  const status = context.containers.get(id)?.status;
  return status !== 'running' && status !== 'paused';
}

/** Opens the state below a root. Any number of processes may do so at once; nothing is started or repaired by it. */
export function openCore(options: EngineOptions): Core {
  const root = resolve(options.root);
  const db = openDatabase(root, [
    STORE_SCHEMA,
    ENGINE_SCHEMA,
    VOLUME_SCHEMA,
    NETWORK_SCHEMA,
    PORT_SCHEMA,
    EVENT_SCHEMA,
  ]);
  const store = openStore({ root, db, resident: options.resident === true });
  const closing = new AbortController();
  let isClosed = false;
  const context = openContext({
    options,
    root,
    db,
    images: storeImages(store, root),
    trees: store.trees,
    closing: closing.signal,
    events: (sql, feed) => createEvents({ table: new EventTable(sql), changes: feed }),
  });
  const containers = createContainers(context);
  const execs = createExecs(context);
  if (options.resident) {
    watchAll(context);
    const spare = keepSpareKeeper();
    closing.signal.addEventListener('abort', () => spare[Symbol.dispose](), { once: true });
    watchHealth({ context, containers, execs });
    // What a process that was killed was about to delete. Whatever cannot be taken away now is there for the next one, and for fsck.
    setImmediate(() => void (isClosed ? undefined : store.collectGarbage().catch(() => undefined)));
  }
  const finish = () => context.exits.finish((id) => isOver(context, id));
  return {
    root,
    db,
    context,
    store,
    containers,
    execs,
    events: context.events,
    finish,
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      await finish();
      closing.abort();
      await store.close();
      // Whoever was woken by the end looks at the database once more: let them first.
      await new Promise((resolve) => setImmediate(resolve));
      db.close();
    },
  };
}

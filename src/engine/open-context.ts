import { DATABASE_FILE, type Database } from '#store/metadata/database.ts';
import type { Trees } from '#store/trees.ts';
import type { ContainerImages } from './containers/container-images.ts';
import { ExitWatch } from './containers/exit-watch.ts';
import { handleExit } from './containers/handle-exit.ts';
import { PendingAttaches } from './containers/pending-attaches.ts';
import { type EngineContext, pathsOf } from './context.ts';
import type { EngineOptions } from './engine.ts';
import type { Events } from './events/api.ts';
import { ChangeFeed } from './state/change-feed.ts';
import { ContainerLocks } from './state/container-locks.ts';
import { ContainerTable } from './state/container-table.ts';
import { EndpointTable } from './state/endpoint-table.ts';
import { ExecTable } from './state/exec-table.ts';
import { NetworkTable } from './state/network-table.ts';
import { PortTable } from './state/port-table.ts';
import { newProcessToken } from './state/process-token.ts';
import { Sql } from './state/sql.ts';
import { VolumeTable } from './state/volume-table.ts';

export interface ContextParts {
  readonly options: EngineOptions;
  /** Absolute. */
  readonly root: string;
  readonly db: Database;
  readonly images: ContainerImages;
  readonly trees: Trees;
  readonly closing: AbortSignal;
  /** Made over the same database and change feed. */
  readonly events: (sql: Sql, feed: ChangeFeed) => Events;
}

/** Puts together what the parts of an engine share. */
export function openContext(parts: ContextParts): EngineContext & { readonly events: Events } {
  const { root, options, images, trees, closing } = parts;
  const sql = new Sql(parts.db);
  const feed = new ChangeFeed(`${root}/${DATABASE_FILE}`, () => sql.othersChanged());
  const containers = new ContainerTable(sql);
  const token = newProcessToken();
  const events = parts.events(sql, feed);
  const context: EngineContext & { readonly events: Events } = {
    root,
    options,
    sql,
    containers,
    execs: new ExecTable(sql),
    volumes: new VolumeTable(sql),
    networks: new NetworkTable(sql),
    endpoints: new EndpointTable(sql),
    ports: new PortTable(sql),
    locks: new ContainerLocks(containers, feed, token),
    feed,
    token,
    images,
    trees,
    pending: new PendingAttaches(),
    leaving: new Set(),
    exits: new ExitWatch(
      (id) => pathsOf(root, id).runDirectory,
      (id, record) => handleExit(context, id, record),
      closing,
    ),
    events,
    emit: (event) => events.emit(event),
    closing,
  };
  closing.addEventListener('abort', () => feed.close(), { once: true });
  return context;
}

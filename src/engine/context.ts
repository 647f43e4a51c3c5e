import type { EventType } from '#spec/docker-api/system.ts';
import type { Trees } from '#store/trees.ts';
import type { ContainerImages } from './containers/container-images.ts';
import type { ExitWatch } from './containers/exit-watch.ts';
import type { PendingAttaches } from './containers/pending-attaches.ts';
import type { EngineOptions } from './engine.ts';
import type { ChangeFeed } from './state/change-feed.ts';
import type { ContainerLocks } from './state/container-locks.ts';
import type { ContainerTable } from './state/container-table.ts';
import type { EndpointTable } from './state/endpoint-table.ts';
import type { ExecTable } from './state/exec-table.ts';
import type { NetworkTable } from './state/network-table.ts';
import type { PortTable } from './state/port-table.ts';
import type { Sql } from './state/sql.ts';
import type { VolumeTable } from './state/volume-table.ts';

export interface EngineEvent {
  readonly type: EventType;
  readonly action: string;
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** When it happened; now when absent. */
  readonly timeNs?: bigint;
}

/** What the parts of one opened engine share. */
export interface EngineContext {
  readonly root: string;
  readonly options: EngineOptions;
  readonly sql: Sql;
  readonly containers: ContainerTable;
  readonly execs: ExecTable;
  readonly volumes: VolumeTable;
  readonly networks: NetworkTable;
  readonly endpoints: EndpointTable;
  readonly ports: PortTable;
  readonly locks: ContainerLocks;
  readonly feed: ChangeFeed;
  /** This engine as the holder of locks. */
  readonly token: string;
  readonly images: ContainerImages;
  /** Trees of files, touched in threads. */
  readonly trees: Trees;
  readonly pending: PendingAttaches;
  /** Ids of containers that this process removes by force: nobody here starts them again meanwhile. */
  readonly leaving: Set<string>;
  readonly exits: ExitWatch;
  /** Records an event; call inside the transaction that changes the state. */
  emit(event: EngineEvent): void;
  /** Aborted when the engine closes. */
  readonly closing: AbortSignal;
}

/** Directories of one container. */
export interface ContainerPaths {
  readonly directory: string;
  readonly runDirectory: string;
  readonly log: string;
}

export function pathsOf(root: string, id: string): ContainerPaths {
  return {
    directory: `${root}/containers/${id}`,
    runDirectory: `${root}/run/${id}`,
    log: `${root}/containers/${id}/${id}-json.log`,
  };
}

import type { Archives } from './archive/api.ts';
import type { Containers } from './containers/api.ts';
import type { EngineDefaults } from './defaults.ts';
import type { Events } from './events/api.ts';
import type { Execs } from './exec/api.ts';
import type { Images } from './images/api.ts';
import type { CarriedImages } from './images/carried-images.ts';
import type { Logs } from './logs/api.ts';
import type { Networks } from './networks/api.ts';
import type { Stats } from './stats/api.ts';
import type { System } from './system/api.ts';
import type { Volumes } from './volumes/api.ts';

export interface EngineOptions {
  /** Directory that holds all state; created when missing. */
  readonly root: string;
  /**
   * Program and arguments that a keeper runs when its container exits while no Berth process watches; the container's id is
   * appended. Absent: such exits are recorded by the next process that opens the engine.
   */
  readonly exitCommand?: readonly string[];
  /** Program and arguments that put the engine's firewall rules back when somebody took them away. Absent: nobody does. */
  readonly restoreCommand?: readonly string[];
  /** Images that come with the program. */
  readonly carriedImages?: CarriedImages;
  /** What is wanted of containers and networks that say nothing; asked each time, because it may change. @throws invalid */
  readonly defaults?: () => EngineDefaults;
  /** Told of every health check that was carried out. */
  readonly onHealthCheck?: (isHealthy: boolean) => void;
  /** True for a process that stays (a daemon): it watches every container and carries out restart policies itself. */
  readonly resident?: boolean;
}

/** One opened engine. Any number of processes may hold one on the same root at once. */
export interface Engine extends AsyncDisposable {
  readonly root: string;
  readonly containers: Containers;
  readonly execs: Execs;
  readonly images: Images;
  readonly events: Events;
  readonly logs: Logs;
  readonly stats: Stats;
  readonly archives: Archives;
  readonly system: System;
  readonly volumes: Volumes;
  readonly networks: Networks;
  /**
   * Waits until the keepers of containers that have ended know that it is recorded. A process that ends without `close` calls it,
   * or each of those keepers starts a process that looks.
   */
  finish(): Promise<void>;
  /** Stops watching and closes the database. Containers go on running. */
  close(): Promise<void>;
}

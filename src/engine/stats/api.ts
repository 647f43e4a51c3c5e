import type { ContainerTopResponse } from '#spec/docker-api/containers.ts';
import type { ContainerStats } from '#spec/docker-api/system.ts';

export interface StatsOptions {
  /** A sample a second until aborted; one sample when false. */
  readonly stream: boolean;
  /** With `stream: false`: do not wait for a second sample to fill `precpu_stats`. */
  readonly oneShot: boolean;
}

/** What containers use and which processes they have. */
export interface Stats {
  /** @throws not-found, before the first sample */
  read(ref: string, options: StatsOptions, abort?: AbortSignal): Promise<AsyncIterable<ContainerStats>>;
  /** @param psArgs options of ps(1), `-ef` when absent. @throws not-found, conflict when it does not run */
  top(ref: string, psArgs?: string): Promise<ContainerTopResponse>;
}

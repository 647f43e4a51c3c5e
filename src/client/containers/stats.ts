import type { ContainerStats } from '#spec/docker-api/system.ts';
import type { Api } from '../api.ts';
import { segment, sendForLines } from '../api.ts';

export interface ContainerStatsOptions {
  /** A sample a second until aborted; one sample when false. */
  readonly stream: boolean;
  /** With `stream: false`: do not wait for a second sample to fill `precpu_stats`. */
  readonly oneShot?: boolean | undefined;
}

export function containerStats(
  api: Api,
  ref: string,
  options: ContainerStatsOptions,
  abort?: AbortSignal,
): Promise<AsyncIterable<ContainerStats>> {
  const query = { stream: options.stream, 'one-shot': options.oneShot };
  return sendForLines(api, { method: 'GET', path: `/containers/${segment(ref)}/stats`, query, abort });
}

import type { Health, HealthcheckResult } from '#spec/docker-api/containers.ts';
import { hasHealthcheck } from '../containers/merge-config.ts';
import type { ContainerRow } from '../state/container-row.ts';

/** What the last probes of one run of a container said. */
export interface HealthRecord {
  /** Which run: the row's `starts`. A record of an earlier run says nothing of this one. */
  readonly run: number;
  readonly status: 'starting' | 'healthy' | 'unhealthy';
  readonly failingStreak: number;
  /** The last five, oldest first. */
  readonly log: readonly HealthcheckResult[];
}

/**
 * `State.Health` of a container; `undefined` when it has no check or never ran. A container that does not run counts as
 * unhealthy, as in Docker.
 */
export function healthOf(row: ContainerRow): Health | undefined {
  if (!hasHealthcheck(row.spec.config) || row.starts === 0) return undefined;
  const { status, failingStreak, log } = recordOf(row);
  const isProbed = row.status === 'running';
  return { Status: isProbed ? status : 'unhealthy', FailingStreak: failingStreak, Log: log };
}

/** The record of the present run. */
export function recordOf(row: ContainerRow): HealthRecord {
  const stored = row.health;
  if (stored !== null && stored.run === row.starts) return stored;
  return { run: row.starts, status: 'starting', failingStreak: 0, log: stored?.log ?? [] };
}

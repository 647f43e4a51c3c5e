import type { HealthConfig, HealthcheckResult } from '#spec/docker-api/containers.ts';
import type { HealthRecord } from './health-state.ts';

const NS_PER_MS = 1_000_000;
const DEFAULT_INTERVAL_MS = 30_000;
const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_START_INTERVAL_MS = 5_000;
const DEFAULT_RETRIES = 3;
const LOG_ENTRIES = 5;

/** A health check with Docker's defaults filled in; times in milliseconds. */
export interface HealthTimes {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Failures in this time after the start do not count while the container has never been healthy. */
  readonly startPeriodMs: number;
  readonly startIntervalMs: number;
  readonly retries: number;
}

function milliseconds(ns: number | undefined, fallback: number): number {
  return ns === undefined || ns === 0 ? fallback : ns / NS_PER_MS;
}

/** Docker's defaults where a check says nothing (Dockerfile reference, HEALTHCHECK). */
export function timesOf(config: HealthConfig): HealthTimes {
  return {
    intervalMs: milliseconds(config.Interval, DEFAULT_INTERVAL_MS),
    timeoutMs: milliseconds(config.Timeout, DEFAULT_TIMEOUT_MS),
    startPeriodMs: milliseconds(config.StartPeriod, 0),
    startIntervalMs: milliseconds(config.StartInterval, DEFAULT_START_INTERVAL_MS),
    retries: config.Retries || DEFAULT_RETRIES,
  };
}

/**
 * When the next probe is due. It follows from what is recorded alone, so that a process that takes over in the middle goes on in
 * the same rhythm.
 *
 * @param startedMs when the run began, and `lastEndMs` when its last probe ended, milliseconds since the epoch
 */
export function nextProbeMs(
  times: HealthTimes,
  status: HealthRecord['status'],
  startedMs: number,
  lastEndMs: number | undefined,
): number {
  const from = lastEndMs ?? startedMs;
  const isStarting = status === 'starting' && from - startedMs < times.startPeriodMs;
  return from + (isStarting ? times.startIntervalMs : times.intervalMs);
}

/** The record after one more probe. */
export function afterProbe(
  times: HealthTimes,
  before: HealthRecord,
  result: HealthcheckResult,
  probe: { readonly startedMs: number; readonly atMs: number },
): HealthRecord {
  const log = [...before.log, result].slice(-LOG_ENTRIES);
  if (result.ExitCode === 0) return { ...before, status: 'healthy', failingStreak: 0, log };
  const isForgiven = before.status === 'starting' && probe.atMs - probe.startedMs < times.startPeriodMs;
  const failingStreak = before.failingStreak + (isForgiven ? 0 : 1);
  const status = failingStreak >= times.retries ? 'unhealthy' : before.status;
  return { ...before, status, failingStreak, log };
}

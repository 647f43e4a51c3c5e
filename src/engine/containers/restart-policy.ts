import type { RestartPolicy } from '#spec/docker-api/containers.ts';

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 60_000;
/** A container that ran this long is trusted again: its next restart waits only the first delay. */
const TRUST_AFTER_MS = 10_000;

export interface LastRun {
  readonly exitCode: number;
  readonly ranMs: number;
  readonly restartCount: number;
  /** Delay before the run that ended, 0 for the first. */
  readonly delayMs: number;
  readonly stoppedByUser: boolean;
}

/**
 * How long to wait before a container is started again after it exited, in milliseconds; undefined when it is not to be.
 * Delays double from 100 ms up to a minute, as in Docker.
 */
export function restartDelay(policy: RestartPolicy, last: LastRun): number | undefined {
  if (last.stoppedByUser) return undefined;
  switch (policy.Name) {
    case 'always':
    case 'unless-stopped':
      break;
    case 'on-failure':
      if (last.exitCode === 0) return undefined;
      if (policy.MaximumRetryCount > 0 && last.restartCount >= policy.MaximumRetryCount) return undefined;
      break;
    default:
      return undefined;
  }
  if (last.delayMs === 0 || last.ranMs >= TRUST_AFTER_MS) return FIRST_DELAY_MS;
  return Math.min(last.delayMs * 2, LONGEST_DELAY_MS);
}

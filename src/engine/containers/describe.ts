import { parseTimeNs, ZERO_TIME } from '#base/time.ts';
import { humanDuration } from '#base/units.ts';
import type { ContainerState, ContainerStatus, MountPoint } from '#spec/docker-api/containers.ts';
import { healthOf } from '../health/health-state.ts';
import type { ContainerRow } from '../state/container-row.ts';
import type { ContainerMount } from './mount-spec.ts';

/** The state as users see it: steps in a process's hands show as what comes before or after them. */
export function statusOf(row: ContainerRow): ContainerStatus {
  switch (row.status) {
    case 'creating':
      return 'created';
    case 'starting':
      if (row.restarter !== '') return 'restarting';
      return row.starts > 0 ? 'exited' : 'created';
    default:
      return row.status;
  }
}

/** `State` of inspect. */
export function stateOf(row: ContainerRow): ContainerState {
  const status = statusOf(row);
  const health = healthOf(row);
  return {
    Status: status,
    Running: status === 'running' || status === 'paused' || status === 'restarting',
    Paused: status === 'paused',
    Restarting: status === 'restarting',
    OOMKilled: row.oomKilled,
    Dead: status === 'dead',
    Pid: status === 'running' || status === 'paused' ? row.pid : 0,
    ExitCode: row.exitCode,
    Error: row.error,
    StartedAt: row.startedAt === '' ? ZERO_TIME : row.startedAt,
    FinishedAt: row.finishedAt === '' ? ZERO_TIME : row.finishedAt,
    ...(health === undefined ? {} : { Health: health }),
  };
}

function secondsSince(time: string, nowMs: number): number {
  const ns = parseTimeNs(time);
  return ns === undefined ? 0 : (nowMs - Number(ns / 1_000_000n)) / 1000;
}

/** The STATUS column of `docker ps`. */
export function statusText(row: ContainerRow, nowMs: number): string {
  const status = statusOf(row);
  const ended = humanDuration(secondsSince(row.finishedAt, nowMs));
  switch (status) {
    case 'running': {
      const health = healthOf(row)?.Status;
      const suffix = health === undefined ? '' : health === 'starting' ? ' (health: starting)' : ` (${health})`;
      return `Up ${humanDuration(secondsSince(row.startedAt, nowMs))}${suffix}`;
    }
    case 'paused':
      return `Up ${humanDuration(secondsSince(row.startedAt, nowMs))} (Paused)`;
    case 'restarting':
      return `Restarting (${row.exitCode}) ${ended} ago`;
    case 'removing':
      return 'Removal In Progress';
    case 'dead':
      return 'Dead';
    case 'created':
      return 'Created';
    case 'exited':
      return `Exited (${row.exitCode}) ${ended} ago`;
  }
}

/** `Mounts` of inspect and list. */
export function mountPointsOf(mounts: readonly ContainerMount[]): MountPoint[] {
  return mounts.map((mount) => ({
    Type: mount.type,
    ...(mount.name === '' ? {} : { Name: mount.name }),
    Source: mount.imageId ?? mount.source,
    Destination: mount.destination,
    ...(mount.type === 'volume' ? { Driver: 'local' } : {}),
    Mode: mount.mode,
    RW: !mount.readOnly,
    Propagation: mount.propagation,
  }));
}

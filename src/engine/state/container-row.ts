import type { ContainerConfig, HostConfig } from '#spec/docker-api/containers.ts';
import type { ContainerMount } from '../containers/mount-spec.ts';
import type { HealthRecord } from '../health/health-state.ts';

/**
 * `creating` and `starting` are steps in some process's hands, not shown to users; when that process is dead they are undone.
 * The others are Docker's.
 */
export type RowStatus =
  | 'creating'
  | 'created'
  | 'starting'
  | 'running'
  | 'paused'
  | 'restarting'
  | 'exited'
  | 'removing'
  | 'dead';

/** What never changes after create. */
export interface ContainerSpec {
  readonly config: ContainerConfig;
  readonly mounts: readonly ContainerMount[];
  /** Program and arguments: entrypoint and command joined. */
  readonly path: string;
  readonly args: readonly string[];
  /** Volumes made for this container, removed with it on request. */
  readonly ownVolumes: readonly string[];
}

/** One container as the database has it. */
export interface ContainerRow {
  readonly id: string;
  readonly name: string;
  readonly createdNs: bigint;
  readonly imageId: string;
  readonly spec: ContainerSpec;
  readonly hostConfig: HostConfig;
  readonly status: RowStatus;
  readonly lock: string | null;
  readonly bootId: string;
  readonly pid: number;
  readonly pidStart: string;
  readonly keeperPid: number;
  readonly keeperStart: string;
  readonly exitCode: number;
  readonly oomKilled: boolean;
  readonly error: string;
  /** RFC 3339, empty for never. */
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly starts: number;
  readonly exits: number;
  readonly restartCount: number;
  readonly restartDelayMs: number;
  /** When a `restarting` container is started again, milliseconds since the epoch. */
  readonly restartAtMs: number;
  /** Token of the process that will start it then; empty when none has taken it on. */
  readonly restarter: string;
  readonly stoppedByUser: boolean;
  /** Of the last run that was probed; `null` when none was. */
  readonly health: HealthRecord | null;
}

/** Columns that change during a container's life. */
export type RowPatch = Partial<Omit<ContainerRow, 'id' | 'createdNs' | 'imageId' | 'spec'>>;

type Column = string | number | bigint | null;

const COLUMNS: Readonly<Record<keyof RowPatch, string>> = {
  name: 'name',
  hostConfig: 'host_config',
  status: 'status',
  lock: 'lock',
  bootId: 'boot_id',
  pid: 'pid',
  pidStart: 'pid_start',
  keeperPid: 'keeper_pid',
  keeperStart: 'keeper_start',
  exitCode: 'exit_code',
  oomKilled: 'oom_killed',
  error: 'error',
  startedAt: 'started_at',
  finishedAt: 'finished_at',
  starts: 'starts',
  exits: 'exits',
  restartCount: 'restart_count',
  restartDelayMs: 'restart_delay_ms',
  restartAtMs: 'restart_at_ms',
  restarter: 'restarter',
  stoppedByUser: 'stopped_by_user',
  health: 'health',
};

/** The assignments of an UPDATE for a patch, with their values. */
export function patchAssignments(patch: RowPatch): { sql: string; values: Column[] } {
  const names: string[] = [];
  const values: Column[] = [];
  for (const [field, value] of Object.entries(patch)) {
    if (value === undefined) continue;
    names.push(`${COLUMNS[field as keyof RowPatch]} = ?`);
    values.push(toColumn(value));
  }
  return { sql: names.join(', '), values };
}

function toColumn(value: unknown): Column {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'object' && value !== null) return JSON.stringify(value);
  return value as Column;
}

/** Reads a database row. `created_ns` exceeds what a double holds and arrives as text. */
export function readRow(raw: Readonly<Record<string, unknown>>): ContainerRow {
  return {
    id: raw['id'] as string,
    name: raw['name'] as string,
    createdNs: BigInt(raw['created_text'] as string),
    imageId: raw['image_id'] as string,
    spec: JSON.parse(raw['spec'] as string) as ContainerSpec,
    hostConfig: JSON.parse(raw['host_config'] as string) as HostConfig,
    status: raw['status'] as RowStatus,
    lock: raw['lock'] as string | null,
    bootId: raw['boot_id'] as string,
    pid: raw['pid'] as number,
    pidStart: raw['pid_start'] as string,
    keeperPid: raw['keeper_pid'] as number,
    keeperStart: raw['keeper_start'] as string,
    exitCode: raw['exit_code'] as number,
    oomKilled: raw['oom_killed'] === 1,
    error: raw['error'] as string,
    startedAt: raw['started_at'] as string,
    finishedAt: raw['finished_at'] as string,
    starts: raw['starts'] as number,
    exits: raw['exits'] as number,
    restartCount: raw['restart_count'] as number,
    restartDelayMs: raw['restart_delay_ms'] as number,
    restartAtMs: raw['restart_at_ms'] as number,
    restarter: raw['restarter'] as string,
    stoppedByUser: raw['stopped_by_user'] === 1,
    health: raw['health'] === '' ? null : (JSON.parse(raw['health'] as string) as HealthRecord),
  };
}

/** What SELECT needs so that {@link readRow} can read it. */
export const ROW_COLUMNS = `id, name, CAST(created_ns AS TEXT) AS created_text, image_id, spec, host_config, status, lock,
  boot_id, pid, pid_start, keeper_pid, keeper_start, exit_code, oom_killed, error, started_at, finished_at, starts, exits,
  restart_count, restart_delay_ms, restart_at_ms, restarter, stopped_by_user, health`;

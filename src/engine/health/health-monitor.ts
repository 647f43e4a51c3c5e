import { setTimeout as sleep } from 'node:timers/promises';
import { isBerthError, messageOf } from '#base/errors.ts';
import { formatTimeNs, nowNs, parseTimeNs } from '#base/time.ts';
import type { HealthAction, HealthcheckResult } from '#spec/docker-api/containers.ts';
import type { Containers } from '../containers/api.ts';
import { containerEvent } from '../containers/events.ts';
import { hasHealthcheck } from '../containers/merge-config.ts';
import { type EngineContext, pathsOf } from '../context.ts';
import type { Execs } from '../exec/api.ts';
import type { ContainerRow } from '../state/container-row.ts';
import { afterProbe, type HealthTimes, nextProbeMs, timesOf } from './health-rules.ts';
import { recordOf } from './health-state.ts';
import { parseNetworkProbe } from './network-probe.ts';
import { probeCommand } from './probe-command.ts';
import { type ProbeAnswer, probeNetwork } from './probe-network.ts';

const NS_PER_MS = 1_000_000n;
const CANNOT_RUN = -1;

/** What probing needs of the engine. */
export interface HealthParts {
  readonly context: EngineContext;
  readonly execs: Execs;
  readonly containers: Pick<Containers, 'kill' | 'stop' | 'restart'>;
}

/**
 * Runs the health checks of all containers, in a process that stays. What is due when follows from the database alone: whoever
 * takes over goes on in the same rhythm, and nothing is lost with the process but a probe under way.
 */
export function watchHealth(parts: HealthParts): void {
  follow(parts).catch((error: unknown) => {
    if (!parts.context.closing.aborted) throw error;
  });
}

async function follow(parts: HealthParts): Promise<void> {
  const { context } = parts;
  const watched = new Set<string>();
  let unchecked = new Set<string>();
  while (!context.closing.aborted) {
    const running = context.containers.idsIn('running');
    for (const id of running) {
      if (watched.has(id) || unchecked.has(id)) continue;
      const row = context.containers.get(id);
      if (row === undefined || !hasHealthcheck(row.spec.config)) {
        unchecked.add(id);
        continue;
      }
      watched.add(id);
      probeWhileRunning(parts, id)
        .catch(() => undefined)
        .finally(() => watched.delete(id));
    }
    unchecked = new Set(running.filter((id) => unchecked.has(id)));
    await context.feed.nextSettled(context.closing);
  }
}

function millisecondsOf(time: string): number {
  return Number((parseTimeNs(time) ?? 0n) / NS_PER_MS);
}

/** One container's checks, until it stops, is paused, or this process ends. */
async function probeWhileRunning(parts: HealthParts, id: string): Promise<void> {
  const { context } = parts;
  for (;;) {
    const row = context.containers.get(id);
    if (row === undefined || row.status !== 'running' || context.closing.aborted) return;
    const times = timesOf(row.spec.config.Healthcheck ?? {});
    const { status, log } = recordOf(row);
    const startedMs = millisecondsOf(row.startedAt);
    const lastEnd = log.map((entry) => millisecondsOf(entry.End)).findLast((end) => end >= startedMs);
    const waitMs = nextProbeMs(times, status, startedMs, lastEnd) - Date.now();
    if (waitMs > 0 && !(await stillRuns(context, row, waitMs))) continue;
    const result = await probe(parts, row, times);
    context.options.onHealthCheck?.(result.ExitCode === 0);
    const action = record(context, row, times, result);
    if (action !== 'none') await act(parts, id, action);
  }
}

function isSameRun(context: EngineContext, row: ContainerRow): boolean {
  const now = context.containers.get(row.id);
  return now !== undefined && now.status === 'running' && now.starts === row.starts;
}

/** Sleeps; false as soon as the run is over. */
async function stillRuns(context: EngineContext, row: ContainerRow, waitMs: number): Promise<boolean> {
  const timer = new AbortController();
  const slept = sleep(waitMs, true, { signal: timer.signal }).catch(() => false);
  try {
    for (;;) {
      const done = await Promise.race([slept, context.feed.next(context.closing).then(() => undefined)]);
      if (context.closing.aborted || !isSameRun(context, row)) return false;
      if (done !== undefined) return true;
    }
  } finally {
    timer.abort();
  }
}

async function probe(parts: HealthParts, row: ContainerRow, times: HealthTimes): Promise<HealthcheckResult> {
  const start = nowNs();
  let answer: ProbeAnswer;
  try {
    answer = await ask(parts, row, times);
  } catch (error) {
    if (!isBerthError(error)) throw error;
    answer = { exitCode: CANNOT_RUN, output: messageOf(error) };
  }
  return { Start: formatTimeNs(start), End: formatTimeNs(nowNs()), ExitCode: answer.exitCode, Output: answer.output };
}

function ask({ context, execs }: HealthParts, row: ContainerRow, times: HealthTimes): Promise<ProbeAnswer> {
  const [kind, ...words] = row.spec.config.Healthcheck?.Test ?? [];
  if (kind !== 'HTTP' && kind !== 'TCP') return probeCommand(context, execs, row, times.timeoutMs);
  const init = { pid: row.pid, startTime: BigInt(row.pidStart) };
  const directory = `${pathsOf(context.root, row.id).runDirectory}/probe`;
  return probeNetwork(parseNetworkProbe(kind, words), init, times.timeoutMs, directory);
}

/** Writes a probe's result down, with an event when the status changed. @returns what is to be done about it */
function record(
  context: EngineContext,
  probed: ContainerRow,
  times: HealthTimes,
  result: HealthcheckResult,
): HealthAction {
  return context.sql.transaction(() => {
    const row = context.containers.get(probed.id);
    // What a run that is over said about itself is of no use to the next.
    if (row === undefined || row.starts !== probed.starts || row.status !== 'running') return 'none';
    const before = recordOf(row);
    const startedMs = millisecondsOf(row.startedAt);
    const after = afterProbe(times, before, result, { startedMs, atMs: millisecondsOf(result.Start) });
    context.containers.patch(row.id, { health: after });
    if (after.status === before.status) return 'none';
    context.emit(containerEvent(row, `health_status: ${after.status}`));
    return after.status === 'unhealthy' ? (row.spec.config.Healthcheck?.OnFailure ?? 'none') : 'none';
  });
}

/** A container may end by itself at the same moment: then there is nothing left to do. */
async function act({ containers }: HealthParts, id: string, action: HealthAction): Promise<void> {
  try {
    if (action === 'kill') await containers.kill(id);
    else if (action === 'stop') await containers.stop(id);
    else if (action === 'restart') await containers.restart(id);
  } catch (error) {
    if (!isBerthError(error)) throw error;
  }
}

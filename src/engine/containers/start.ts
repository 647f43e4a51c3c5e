import { mkdirSync, rmSync } from 'node:fs';
import { BerthError, isBerthError, messageOf } from '#base/errors.ts';
import { fault } from '#base/fault.ts';
import { formatTimeNs, nowNs } from '#base/time.ts';
import type { Endpoint, PublishedRange } from '#network/model.ts';
import { attach } from '#sys/keeper/attach.ts';
import { readStartTimeNs } from '#sys/keeper/exit-record.ts';
import { type Launch, launch } from '#sys/keeper/launch.ts';
import type { LaunchPlan } from '#sys/keeper/plan.ts';
import { exitStatusOf, PlanError } from '#sys/keeper/plan-error.ts';
import { startTimeOf } from '#sys/proc.ts';
import { type EngineContext, pathsOf } from '../context.ts';
import { linkersTo, refreshNames } from '../networks/container-names.ts';
import { makeNetworks, networkPart } from '../networks/container-network.ts';
import { leaseEndpoints, releaseEndpoints } from '../networks/endpoints.ts';
import { attachmentEvents } from '../networks/network-events.ts';
import { isWithoutNetwork, networkFailure } from '../networks/network-failure.ts';
import type { ContainerRow } from '../state/container-row.ts';
import { currentBoot } from '../state/process-token.ts';
import { volumeMountFailure } from '../volumes/mount-failure.ts';
import { mountEvents } from '../volumes/volume-events.ts';
import { prepareBindSources } from './bind-sources.ts';
import { containerLaunchPlan } from './container-plan.ts';
import { containerEvent } from './events.ts';
import { foreignExitStatus, foreignInit, prepareForeign } from './foreign-runtime.ts';
import { publishesPorts } from './namespace-mode.ts';
import { allowNextRun, rootOfRun } from './root-of-run.ts';
import { isForeignRuntime } from './runtime-name.ts';
import { keeperAlive, lastKeeperLeft, settle } from './settle.ts';
import { tearDown } from './teardown.ts';
import { wrapFailure } from './wrap-failure.ts';

/** What Docker puts before a runtime's own words; clients tell exit statuses from what follows. */
const START_FAILED =
  'failed to create task for container: OCI runtime create failed: unable to start container process';

/** Who starts: a user's command, or the restart policy. */
export type StartReason = 'user' | 'policy';

/**
 * Starts a container. Until the program runs everything is tentative: the row says `starting`, and if this process dies the
 * keeper takes back what it did and the next process puts the row right.
 *
 * @throws not-modified when it runs already; otherwise what made the start fail, with nothing left of it
 */
export async function startContainer(context: EngineContext, id: string, reason: StartReason): Promise<void> {
  const last = await startUnless(keeperAlive, context, id, reason);
  if (last === undefined) return;
  // Without the lock: who has promised to tell that keeper that its end is recorded may want it.
  await lastKeeperLeft(last);
  await startUnless(() => false, context, id, reason);
}

/** @returns the row when it must wait, undefined when it runs */
async function startUnless(
  mustWait: (row: ContainerRow) => boolean,
  context: EngineContext,
  id: string,
  reason: StartReason,
): Promise<ContainerRow | undefined> {
  using held = await context.locks.acquire(id);
  const row = await settle(context, held.row);
  checkStartable(row, reason);
  if (context.leaving.has(id)) throw markedForRemoval();
  if (mustWait(row)) return row;
  const before = row.status;
  try {
    const endpoints = mark(context, row, reason);
    fault('start.marked');
    await carryOut(context, row, reason, endpoints);
  } catch (error) {
    const failure =
      error instanceof PlanError ? (volumeMountFailure(error) ?? wrapFailure(START_FAILED, error)) : error;
    await takeBack(context, row, before === 'created' ? 'created' : 'exited', error, failure);
    throw failure;
  }
  return undefined;
}

/** From here on the start is under way, and what it has in its networks is its own. @returns that */
function mark(context: EngineContext, row: ContainerRow, reason: StartReason): Endpoint[] {
  return context.sql.transaction(() => {
    context.containers.patch(row.id, {
      status: 'starting',
      pid: 0,
      keeperPid: 0,
      keeperStart: '',
      bootId: currentBoot(),
      error: '',
      restarter: reason === 'policy' ? context.token : '',
      ...(reason === 'user' ? { stoppedByUser: false, restartCount: 0, restartDelayMs: 0 } : {}),
    });
    return leaseEndpoints(context, row);
  });
}

function markedForRemoval(): BerthError {
  return new BerthError('conflict', 'container.dead', 'container is marked for removal and cannot be started');
}

function checkStartable(row: ContainerRow, reason: StartReason): void {
  switch (row.status) {
    case 'paused':
      throw new BerthError('conflict', 'container.paused', 'cannot start a paused container, try unpause instead');
    case 'running':
      throw new BerthError('not-modified', 'container.running', 'container is already running');
    case 'restarting':
      if (reason === 'policy') return;
      throw new BerthError('not-modified', 'container.running', 'container is already running');
    case 'dead':
    case 'removing':
      throw markedForRemoval();
    default:
      // The user may have stopped it while the policy was about to start it.
      if (reason === 'policy') throw new BerthError('not-modified', 'container.stopped', 'container was stopped');
  }
}

async function carryOut(
  context: EngineContext,
  row: ContainerRow,
  reason: StartReason,
  endpoints: readonly Endpoint[],
): Promise<void> {
  const { runDirectory } = pathsOf(context.root, row.id);
  prepareBindSources(row.spec.mounts);
  const rootfs = rootOfRun(await context.images.rootfs(row.id), row);
  allowNextRun(rootfs);
  makeEmpty(runDirectory);
  if (isForeignRuntime(row.hostConfig.Runtime)) prepareForeign(context, row.id);
  const ranges = await publishedRanges(context, row, endpoints);
  const plan = await containerLaunchPlan(context, row, rootfs, networkPart(context, row, endpoints, ranges));
  fault('start.planned');
  const launched = await launchInNetworks(context, row, plan, endpoints);
  try {
    if (ranges.some(({ protocol }) => protocol === 'udp')) await meetSenders(endpoints, ranges);
    await letGo(context, row, reason, launched);
  } catch (error) {
    await launched.abort().catch(() => undefined);
    throw error;
  }
}

/** Most containers publish nothing: then the code for it is not loaded. */
async function publishedRanges(
  context: EngineContext,
  row: ContainerRow,
  endpoints: readonly Endpoint[],
): Promise<readonly PublishedRange[]> {
  if (!publishesPorts(row.hostConfig)) return [];
  const { leasePorts } = await import('../ports/lease-ports.ts');
  return leasePorts(context, row, endpoints);
}

/** Who sent to a UDP port before it was this container's finds it there. */
async function meetSenders(endpoints: readonly Endpoint[], ranges: readonly PublishedRange[]): Promise<void> {
  const { forgetOutdatedFlows } = await import('#network/ports/forget-flows.ts');
  const { publicationsOf } = await import('#network/ports/port-ops.ts');
  await forgetOutdatedFlows(publicationsOf(endpoints, ranges, () => false));
}

/** Nobody looks beforehand whether a network's device is there: the launch tells. */
async function launchInNetworks(
  context: EngineContext,
  row: ContainerRow,
  plan: LaunchPlan,
  endpoints: readonly Endpoint[],
): Promise<Launch> {
  try {
    return await launch(plan);
  } catch (error) {
    if (!isWithoutNetwork(error)) throw networkFailure(error);
  }
  await makeNetworks(context, endpoints);
  fault('start.networks-made');
  makeEmpty(pathsOf(context.root, row.id).runDirectory);
  allowNextRun(rootOfRun(await context.images.rootfs(row.id), row));
  if (isForeignRuntime(row.hostConfig.Runtime)) prepareForeign(context, row.id);
  try {
    return await launch(plan);
  } catch (error) {
    throw networkFailure(error);
  }
}

/** A directory of a run's own; what an earlier run left is removed. */
function makeEmpty(directory: string): void {
  if (mkdirSync(directory, { recursive: true, mode: 0o700 }) !== undefined) return;
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true, mode: 0o700 });
}

/** From "created and waiting" to "running". */
async function letGo(context: EngineContext, row: ContainerRow, reason: StartReason, launched: Launch): Promise<void> {
  const { runDirectory } = pathsOf(context.root, row.id);
  context.containers.patch(row.id, {
    pid: launched.pid,
    pidStart: String(startTimeOf(launched.pid) ?? ''),
    keeperPid: launched.keeperPid,
    keeperStart: String(startTimeOf(launched.keeperPid) ?? ''),
  });
  fault('start.recorded');
  await context.pending.connect(row.id, (wish) => attach(runDirectory, wish));
  await launched.start({ watch: true });
  const init = isForeignRuntime(row.hostConfig.Runtime) ? await foreignInit(runDirectory) : {};
  const startedNs = readStartTimeNs(runDirectory) ?? nowNs();
  fault('start.started');
  context.sql.transaction(() => {
    context.containers.patch(row.id, {
      status: 'running',
      ...init,
      startedAt: formatTimeNs(startedNs),
      starts: row.starts + 1,
      exitCode: 0,
      oomKilled: false,
      restarter: '',
      ...(reason === 'policy' ? { restartCount: row.restartCount + 1 } : {}),
    });
    for (const event of mountEvents(row.id, row.spec.mounts, 'mount', startedNs)) context.emit(event);
    for (const event of attachmentEvents(context, 'connect', row.id, startedNs)) context.emit(event);
    context.emit(containerEvent(row, 'start', {}, startedNs));
  });
  context.exits.started(row.id, launched);
  context.feed.announce();
  // Who links to it on the default bridge knows it by its new address from now on.
  for (const id of linkersTo(context, row)) await refreshNames(context, id);
}

function exitStatusFor(error: unknown): number {
  if (error instanceof PlanError) return exitStatusOf(error.failure);
  return isBerthError(error) && error.code === 'start.foreign-runtime' ? foreignExitStatus(error.message) : 128;
}

/** A failed start leaves the row as it was but for the error and the exit code; `--rm` removes the container. */
async function takeBack(
  context: EngineContext,
  row: ContainerRow,
  status: 'created' | 'exited',
  error: unknown,
  shown: unknown,
): Promise<void> {
  rmSync(pathsOf(context.root, row.id).runDirectory, { recursive: true, force: true });
  const exitCode = exitStatusFor(error);
  const nobody = { pid: 0, pidStart: '', keeperPid: 0, keeperStart: '', restarter: '' };
  const patch = { status, exitCode, error: messageOf(shown), ...nobody };
  const leavesPorts = isBerthError(error) && error.code === 'keeper.died' && context.ports.of(row.id).length > 0;
  context.sql.transaction(() => {
    releaseEndpoints(context, row.id);
    context.containers.patch(row.id, patch);
  });
  if (leavesPorts) await (await import('../networks/restore-firewall.ts')).restoreFirewall(context);
  context.pending.abandon(row.id);
  if (row.hostConfig.AutoRemove) {
    await tearDown(context, { ...row, ...patch }, true).catch((cause: unknown) => {
      // The start's own error matters more; a removal that failed is taken up by the next command.
      if (!isBerthError(cause)) throw cause;
    });
  }
  context.feed.announce();
}

import { setTimeout as sleep } from 'node:timers/promises';
import { BerthError, isBerthError } from '#base/errors.ts';
import { formatTimeNs } from '#base/time.ts';
import { waitExit } from '#sys/keeper/attach.ts';
import { type ExitRecord, readExitRecord, readStartTimeNs } from '#sys/keeper/exit-record.ts';
import { type EngineContext, pathsOf } from '../context.ts';
import { releaseEndpoints } from '../networks/endpoints.ts';
import type { ContainerRow } from '../state/container-row.ts';
import { currentBoot, isProcessAlive, isTokenAlive } from '../state/process-token.ts';
import { type Exit, exitOf, fromRecord, recordExit } from './exit.ts';
import { removeRemains, tearDown, undoCreate } from './teardown.ts';

/** How long a keeper whose starter died gets to notice and to undo its work. */
const KEEPER_LEAVES_MS = 10_000;
const POLL_MS = 5;
/** How long a start waits for the keeper of the last run: one with a reader that stands still stays for as long as that does. */
const LAST_KEEPER_MS = 2_000;

function gone(row: ContainerRow): BerthError {
  return new BerthError('not-found', 'container.not-found', `No such container: ${row.id}`);
}

/** True while the keeper of a run lives, also when the run is over. */
export function keeperAlive(row: Pick<ContainerRow, 'bootId' | 'keeperPid' | 'keeperStart'>): boolean {
  return row.bootId === currentBoot() && isProcessAlive(row.keeperPid, row.keeperStart);
}

/** True when the row says "running" but the container has ended, or ended with its keeper. */
export function isStale(context: EngineContext, row: ContainerRow): boolean {
  switch (row.status) {
    case 'creating':
    case 'starting':
    case 'removing':
      return true;
    case 'running':
    case 'paused':
      return !keeperAlive(row) || readExitRecord(pathsOf(context.root, row.id).runDirectory) !== undefined;
    default:
      return false;
  }
}

/**
 * Makes a row true, whatever was killed since it was written: finishes removals, undoes creates and starts that nobody
 * carries out any more, and records exits. Call with the lock held.
 *
 * @returns the row as it is now, with automatic removal carried out
 * @throws not-found when the container turns out to be gone
 */
export async function settle(context: EngineContext, row: ContainerRow): Promise<ContainerRow> {
  switch (row.status) {
    case 'creating':
      await undoCreate(context, row);
      throw gone(row);
    case 'removing':
      // Whether volumes were to go too died with the remover: they stay, which loses nothing.
      await tearDown(context, row, row.hostConfig.AutoRemove);
      throw gone(row);
    case 'starting':
      return settleStart(context, row);
    case 'running':
    case 'paused':
      return isStale(context, row) ? settleExit(context, row) : row;
    default:
      return row;
  }
}

/** Records an exit and, for `--rm`, removes the container. */
export async function settleExit(context: EngineContext, row: ContainerRow): Promise<ContainerRow> {
  // A keeper that wrote its record is cleaning up: a new start must not meet it at that.
  if (keeperAlive(row)) await keeperDone(pathsOf(context.root, row.id).runDirectory);
  const exit = exitOf(context, row);
  // What came after the start the keeper does not know of, and a killed one took nothing back.
  const wasKilled = readExitRecord(pathsOf(context.root, row.id).runDirectory) === undefined;
  const leavesPorts = context.ports.hasLive(row.id) || (wasKilled && context.ports.of(row.id).length > 0);
  if (!keeperAlive(row)) await removeRemains(context, row);
  return concludeExit(context, row, exit, leavesPorts);
}

/** {@link settleExit} when the keeper itself has just said how the run ended, and that it is done with it. */
export function settleKnownExit(context: EngineContext, row: ContainerRow, record: ExitRecord): Promise<ContainerRow> {
  return concludeExit(context, row, fromRecord(record, row), context.ports.hasLive(row.id));
}

async function concludeExit(
  context: EngineContext,
  row: ContainerRow,
  exit: Exit,
  leavesPorts: boolean,
): Promise<ContainerRow> {
  const after = recordExit(context, row, exit);
  if (leavesPorts) await (await import('../networks/restore-firewall.ts')).restoreFirewall(context);
  // Who restarts a container by hand wants to find it.
  const isRestarted = row.restarter !== '' && isTokenAlive(row.restarter);
  if (after.status === 'exited' && after.hostConfig.AutoRemove && !isRestarted) {
    await tearDown(context, after, true);
    throw gone(row);
  }
  return after;
}

/** What an undone start goes back to; one of the restart policy's is still to be made. */
function statusBefore(row: ContainerRow): 'restarting' | 'exited' | 'created' {
  if (row.restarter !== '') return 'restarting';
  return row.starts > 0 ? 'exited' : 'created';
}

/**
 * Waits until the keeper of a run that is over has left. It tells the end before the container's root is written to the disk, and
 * holds it until then; what two overlays over the same directories do is undefined (overlayfs.rst).
 */
export async function lastKeeperLeft(
  row: Pick<ContainerRow, 'bootId' | 'keeperPid' | 'keeperStart'>,
  mostMs = LAST_KEEPER_MS,
): Promise<void> {
  const deadline = Date.now() + mostMs;
  while (keeperAlive(row) && Date.now() < deadline) await sleep(1);
}

async function keeperDone(runDirectory: string): Promise<void> {
  try {
    await waitExit(runDirectory);
  } catch (error) {
    // It died before it was done; what it left is removed like anything else a dead keeper leaves.
    if (!isBerthError(error, 'conflict')) throw error;
  }
}

/** A start whose starter died: its keeper either gives up by itself, or had been told to go on. */
async function settleStart(context: EngineContext, row: ContainerRow): Promise<ContainerRow> {
  const { runDirectory } = pathsOf(context.root, row.id);
  const deadline = Date.now() + KEEPER_LEAVES_MS;
  while (keeperAlive(row) && readStartTimeNs(runDirectory) === undefined && Date.now() < deadline) await sleep(POLL_MS);
  if (row.keeperPid > 0 && (readExitRecord(runDirectory) !== undefined || keeperAlive(row))) {
    const startedNs = readStartTimeNs(runDirectory);
    const startedAt = startedNs === undefined ? row.startedAt : formatTimeNs(startedNs);
    const patch = { status: 'running' as const, startedAt, starts: row.starts + 1, error: '', exitCode: 0 };
    context.containers.patch(row.id, patch);
    return settle(context, { ...row, ...patch });
  }
  // The keeper took back what it had done, unless it was killed as well.
  const leavesPorts = context.ports.of(row.id).length > 0;
  await removeRemains(context, row);
  const patch = { status: statusBefore(row), pid: 0, pidStart: '', keeperPid: 0, keeperStart: '', restarter: '' };
  context.sql.transaction(() => {
    releaseEndpoints(context, row.id);
    context.containers.patch(row.id, patch);
  });
  if (leavesPorts) await (await import('../networks/restore-firewall.ts')).restoreFirewall(context);
  return { ...row, ...patch };
}

import { rmdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { BerthError, isErrno } from '#base/errors.ts';
import { monotonicMs } from '#base/time.ts';
import { writeControl } from './control-file.ts';
import { thawCgroup } from './freeze.ts';
import { type CgroupHost, readTextIfPresent } from './host.ts';
import { normalizeCgroupPath } from './path.ts';
import { existingDirs, pidsBelow, withDescendants } from './processes.ts';

const POLL_MS = 1;
const POLL_MAX_MS = 50;

/**
 * Removes a container's groups in every hierarchy, with the groups below them. Parents stay.
 *
 * @param options.kill whether to kill (SIGKILL) what still runs in them; otherwise a running process is an error
 * @param options.timeoutMs how long to wait for killed and dying processes to leave
 * @throws BerthError `conflict` when processes run in it and `kill` is not set, `timeout` when they do not go away
 */
export async function removeCgroup(
  host: CgroupHost,
  path: string,
  options: { readonly kill?: boolean; readonly timeoutMs?: number } = {},
): Promise<void> {
  const { kill = false, timeoutMs = 10_000 } = options;
  const group = normalizeCgroupPath(path);
  const deadline = monotonicMs() + timeoutMs;
  if (kill) await killAll(host, group, deadline);
  let pauseMs = POLL_MS;
  for (;;) {
    const left = existingDirs(host, group)
      .flatMap(withDescendants)
      .filter((dir) => !removed(dir));
    if (left.length === 0) return;
    const pids = left.flatMap(pidsBelow);
    if (!kill && pids.length > 0 && monotonicMs() > deadline) {
      throw new BerthError(
        'conflict',
        'cgroup.busy',
        `cannot remove the control group ${group}: processes run in it (pid ${pids[0]})`,
      );
    }
    if (monotonicMs() > deadline) throw stuck(group, left[0] ?? '');
    await sleep(pauseMs);
    pauseMs = Math.min(pauseMs * 2, POLL_MAX_MS);
  }
}

/**
 * Kills every process of a group, also those that fork meanwhile.
 *
 * @throws BerthError `timeout` when some remain (in uninterruptible sleep)
 */
export async function killCgroup(host: CgroupHost, path: string, timeoutMs = 10_000): Promise<void> {
  await killAll(host, normalizeCgroupPath(path), monotonicMs() + timeoutMs);
}

async function killAll(host: CgroupHost, group: string, deadline: number): Promise<void> {
  let pauseMs = POLL_MS;
  let thawed = false;
  for (;;) {
    const dirs = existingDirs(host, group);
    const pids = new Set(dirs.flatMap(pidsBelow));
    if (pids.size === 0) return;
    if (monotonicMs() > deadline) throw stuck(group, `pid ${[...pids].join(', ')}`);
    for (const dir of dirs) if (readTextIfPresent(`${dir}/cgroup.events`) !== undefined) killTree(dir);
    for (const pid of pids) killOne(pid);
    // A process frozen by v1 dies only when thawed; v2 kills frozen ones as they are.
    if (!thawed && host.version === 1) {
      thawed = true;
      await thawIfThere(host, group);
    }
    await sleep(pauseMs);
    pauseMs = Math.min(pauseMs * 2, POLL_MAX_MS);
  }
}

function killTree(dir: string): void {
  try {
    writeControl(`${dir}/cgroup.kill`, '1', 'cgroup.kill'); // Linux 5.14; before it the loop over pids does the work
  } catch (error) {
    if (!(error instanceof BerthError && error.kind === 'not-found')) throw error;
  }
}

function killOne(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!isErrno(error, 'ESRCH')) throw error;
  }
}

async function thawIfThere(host: CgroupHost, group: string): Promise<void> {
  try {
    await thawCgroup(host, group);
  } catch (error) {
    if (!(error instanceof BerthError && (error.kind === 'not-found' || error.kind === 'unsupported'))) throw error;
  }
}

/** @returns true when the directory is gone, false when it is still in use */
function removed(dir: string): boolean {
  try {
    rmdirSync(dir);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return true;
    if (isErrno(error, 'EBUSY', 'ENOTEMPTY')) return false;
    throw error;
  }
}

function stuck(group: string, what: string): BerthError {
  return new BerthError('timeout', 'cgroup.busy', `cannot remove the control group ${group}: ${what} does not go away`);
}

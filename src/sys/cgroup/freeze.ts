import { setTimeout as sleep } from 'node:timers/promises';
import { BerthError } from '#base/errors.ts';
import { monotonicMs } from '#base/time.ts';
import { parseKeyed, readControl, writeControl } from './control-file.ts';
import { type CgroupHost, groupDir, hierarchyOf, readTextIfPresent } from './host.ts';
import { unsupportedHere } from './limits.ts';
import { normalizeCgroupPath } from './path.ts';

const POLL_MS = 1;
const POLL_MAX_MS = 50;

/**
 * Stops every process of a group, until {@link thawCgroup}.
 *
 * @param timeoutMs how long to wait until all of them stand still; then the group is thawed again
 * @throws BerthError `timeout`, `not-found` without such a group, `unsupported` without a freezer
 */
export async function freezeCgroup(host: CgroupHost, path: string, timeoutMs = 10_000): Promise<void> {
  await setFrozen(host, normalizeCgroupPath(path), true, timeoutMs);
}

/** Lets the processes of a group run on. Errors as {@link freezeCgroup}. */
export async function thawCgroup(host: CgroupHost, path: string, timeoutMs = 10_000): Promise<void> {
  await setFrozen(host, normalizeCgroupPath(path), false, timeoutMs);
}

/** Whether the group stands still; false when it does not exist. */
export function isFrozen(host: CgroupHost, path: string): boolean {
  const { events, state } = freezerFiles(host, normalizeCgroupPath(path));
  if (events !== undefined) return parseKeyed(readTextIfPresent(events) ?? '')['frozen'] === 1;
  return readTextIfPresent(state)?.trim() === 'FROZEN';
}

interface FreezerFiles {
  readonly state: string;
  /** v2: where the outcome shows. */
  readonly events: string | undefined;
}

function freezerFiles(host: CgroupHost, path: string): FreezerFiles {
  const hierarchy = host.version === 1 ? hierarchyOf(host, 'freezer') : host.unified;
  if (hierarchy === undefined) throw unsupportedHere('freeze', 'the control group controller "freezer" is not mounted');
  const dir = groupDir(hierarchy, path);
  if (host.version === 1) return { state: `${dir}/freezer.state`, events: undefined };
  return { state: `${dir}/cgroup.freeze`, events: `${dir}/cgroup.events` };
}

async function setFrozen(host: CgroupHost, path: string, frozen: boolean, timeoutMs: number): Promise<void> {
  const files = freezerFiles(host, path);
  const deadline = monotonicMs() + timeoutMs;
  let pauseMs = POLL_MS;
  request(files, frozen);
  while (!isSettled(files, frozen)) {
    if (monotonicMs() > deadline) {
      if (frozen) request(files, false);
      throw new BerthError(
        'timeout',
        'cgroup.freeze',
        `cannot ${frozen ? 'freeze' : 'thaw'} the control group ${path} within ${timeoutMs} ms`,
      );
    }
    await sleep(pauseMs);
    pauseMs = Math.min(pauseMs * 2, POLL_MAX_MS);
    // v1 tries again at each write: a process that was forking while the group froze is caught so.
    if (files.events === undefined) request(files, frozen);
  }
}

function request({ state, events }: FreezerFiles, frozen: boolean): void {
  const words = events === undefined ? ['THAWED', 'FROZEN'] : ['0', '1'];
  writeControl(state, words[Number(frozen)] ?? '', 'freezer state');
}

function isSettled({ state, events }: FreezerFiles, frozen: boolean): boolean {
  if (events !== undefined) return parseKeyed(readControl(events))['frozen'] === Number(frozen);
  return readControl(state).trim() === (frozen ? 'FROZEN' : 'THAWED');
}

import { readdirSync, readFileSync } from 'node:fs';
import { isErrno } from '#base/errors.ts';

/** A process that cannot be confused with a later one that got the same pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks after the boot, field 22 of /proc/PID/stat. */
  readonly startTime: bigint;
}

/** What /proc/PID/stat says, see proc_pid_stat(5). */
export interface ProcessStat {
  readonly pid: number;
  readonly name: string;
  /** One letter: `R`, `S`, `D`, `T`, `t`, `Z`, `X`, `I`. */
  readonly state: string;
  readonly parentPid: number;
  readonly processGroup: number;
  readonly session: number;
  readonly startTime: bigint;
}

/** Parses the text of /proc/PID/stat; the name may hold any character, parentheses and blanks included. */
export function parseProcessStat(text: string): ProcessStat {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  const fields = text.slice(close + 2).split(' ');
  const [state, parentPid, processGroup, session] = fields;
  const startTime = fields[19];
  if (open < 0 || close < open || state === undefined || startTime === undefined) {
    throw new Error(`process stat of unknown form: ${text.slice(0, 80)}`);
  }
  return {
    pid: Number(text.slice(0, open)),
    name: text.slice(open + 1, close),
    state,
    parentPid: Number(parentPid),
    processGroup: Number(processGroup),
    session: Number(session),
    startTime: BigInt(startTime),
  };
}

/** @returns `undefined` when there is no such process */
export function readProcessStat(pid: number): ProcessStat | undefined {
  const text = readProcessFile(pid, 'stat');
  return text === undefined ? undefined : parseProcessStat(text);
}

/**
 * A file of /proc/PID as text.
 *
 * @returns `undefined` when there is no such process (any more)
 */
export function readProcessFile(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ESRCH')) return undefined;
    throw error;
  }
}

/** @returns clock ticks after the boot, `undefined` when there is no such process */
export function startTimeOf(pid: number): bigint | undefined {
  return readProcessStat(pid)?.startTime;
}

/** @returns `undefined` when there is no such process */
export function identify(pid: number): ProcessIdentity | undefined {
  const startTime = startTimeOf(pid);
  return startTime === undefined ? undefined : { pid, startTime };
}

/** Whether that very process still runs; a zombie does not. */
export function isAlive(process: ProcessIdentity): boolean {
  const stat = readProcessStat(process.pid);
  if (stat === undefined || stat.startTime !== process.startTime) return false;
  return stat.state !== 'Z' && stat.state !== 'X';
}

/** Pids of the children, of all threads; none when there is no such process. */
export function childrenOf(pid: number): number[] {
  const tasks = listProcessDirectory(pid, 'task');
  return tasks
    .flatMap((task) => (readProcessFile(pid, `task/${task}/children`) ?? '').split(' '))
    .filter((word) => word !== '')
    .map(Number);
}

/** Pids of all processes below one, nearest first. */
export function descendantsOf(pid: number): number[] {
  const found: number[] = [];
  let level = childrenOf(pid);
  while (level.length > 0) {
    found.push(...level);
    level = level.flatMap(childrenOf);
  }
  return found;
}

/** Arguments of a process; empty for kernel threads, zombies and processes that have gone. */
export function commandLineOf(pid: number): string[] {
  const text = readProcessFile(pid, 'cmdline') ?? '';
  return text === '' ? [] : text.replace(/\0$/, '').split('\0');
}

/**
 * The group of a process in a hierarchy, as /proc/PID/cgroup shows it.
 *
 * @param controller a v1 controller, or '' for the v2 tree
 */
export function cgroupOf(pid: number, controller: string): string | undefined {
  for (const line of (readProcessFile(pid, 'cgroup') ?? '').split('\n')) {
    const [, controllers, ...path] = line.split(':');
    if (controllers === undefined) continue;
    if (controller === '' ? controllers === '' : controllers.split(',').includes(controller)) return path.join(':');
  }
  return undefined;
}

function listProcessDirectory(pid: number, directory: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/${directory}`);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ESRCH')) return [];
    throw error;
  }
}

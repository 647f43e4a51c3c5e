import { closeSync, constants, openSync, readSync } from 'node:fs';
import { isErrno } from '#base/errors.ts';
import { parseKeyed } from './control-file.ts';

/** One kill by the kernel's out-of-memory killer, as its log tells it. */
export interface OomKill {
  readonly pid: number;
  readonly name: string;
  /** Whose limit was reached: a group's path, or `undefined` when the whole machine ran out. */
  readonly limitedGroup: string | undefined;
  /** The group of the process that was killed. */
  readonly processGroup: string;
  readonly uid: number;
  /** Anonymous memory of the process in bytes, when the log says it. */
  readonly anonBytes: number | undefined;
  /** Microseconds after the boot. */
  readonly atUs: number;
}

/** What an exit record says about a container's memory. Bytes; `undefined` where the kernel does not say or there is no limit. */
export interface OomReport {
  /** Processes that the kernel killed for want of memory. */
  readonly kills: number;
  readonly peakBytes: number | undefined;
  readonly limitBytes: number | undefined;
  /** The last of the kills. */
  readonly victim: OomKill | undefined;
}

/**
 * Puts together why a container ran out of memory.
 *
 * @param collected texts that the keeper read at the exit (`collect` of a cgroup plan)
 * @param path the container's group
 * @param kills of the kernel's log, see {@link readOomKills}; asked for only when the group counted a kill
 */
export function reportOom(
  collected: Readonly<Record<string, string>>,
  path: string,
  kills: () => readonly OomKill[] = readOomKills,
): OomReport {
  const count = oomKillCount(collected);
  const mine = count > 0 ? kills().filter((kill) => isWithin(kill.processGroup, path)) : [];
  return {
    kills: count,
    peakBytes: bytesOf(collected['memory.max_usage_in_bytes'] ?? collected['memory.peak']),
    limitBytes: bytesOf(collected['memory.limit_in_bytes'] ?? collected['memory.max']),
    victim: mine.at(-1),
  };
}

/** Kills that the group's own files count: v1 memory.oom_control, v2 memory.events. */
export function oomKillCount(collected: Readonly<Record<string, string>>): number {
  const text = collected['memory.events'] ?? collected['memory.oom_control'] ?? '';
  return parseKeyed(text)['oom_kill'] ?? 0;
}

/**
 * Finds the out-of-memory kills in kernel log records (the format of /dev/kmsg): a line `oom-kill:constraint=...` and,
 * after it, `Killed process PID (NAME) total-vm:...` of the same pid.
 */
export function parseOomKills(log: string): OomKill[] {
  const kills: OomKill[] = [];
  for (const line of log.split('\n')) {
    const kill = parseKill(line);
    if (kill !== undefined) kills.push(kill);
    const memory = /Killed process (\d+) \(.*?anon-rss:(\d+)kB/.exec(line);
    const index = kills.findLastIndex(({ pid }) => pid === Number(memory?.[1]));
    const known = kills[index];
    if (memory !== null && known !== undefined) kills[index] = { ...known, anonBytes: Number(memory[2]) * 1024 };
  }
  return kills;
}

function parseKill(line: string): OomKill | undefined {
  const match = /^\d+,\d+,(\d+),[^;]*;oom-kill:constraint=(\w+),(.*),task=(.*),pid=(\d+),uid=(\d+)$/.exec(line);
  if (match === null) return undefined;
  const [, atUs, , groups = '', name = '', pid, uid] = match;
  return {
    pid: Number(pid),
    name,
    limitedGroup: /(?:^|,)oom_memcg=(.*?),task_memcg=/.exec(groups)?.[1],
    processGroup: /,task_memcg=(.*)$/.exec(groups)?.[1] ?? '',
    uid: Number(uid),
    anonBytes: undefined,
    atUs: Number(atUs),
  };
}

/** The out-of-memory kills that the kernel's log still holds; none when it may not be read. */
export function readOomKills(device = '/dev/kmsg'): OomKill[] {
  return parseOomKills(readKernelLog(device));
}

function readKernelLog(device: string): string {
  const record = Buffer.alloc(8192); // one read gives one record, never longer than this
  let text = '';
  let fd: number;
  try {
    fd = openSync(device, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EPERM', 'EACCES')) return '';
    throw error;
  }
  try {
    for (;;) {
      try {
        const count = readSync(fd, record);
        if (count === 0) return text;
        text += record.toString('utf8', 0, count);
      } catch (error) {
        if (isErrno(error, 'EAGAIN')) return text;
        if (!isErrno(error, 'EPIPE')) throw error; // EPIPE: records were overwritten meanwhile; the next read goes on
      }
    }
  } finally {
    closeSync(fd);
  }
}

function isWithin(group: string, path: string): boolean {
  return group === path || group.startsWith(`${path}/`);
}

const V1_UNLIMITED = 2 ** 62;

function bytesOf(text: string | undefined): number | undefined {
  const value = Number(text?.trim() || Number.NaN);
  return Number.isFinite(value) && value < V1_UNLIMITED ? value : undefined;
}

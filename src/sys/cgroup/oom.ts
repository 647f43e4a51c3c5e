import { closeSync, constants, openSync, readSync } from 'node:fs';
import { isErrno } from '#base/errors.ts';
import { parseKeyed } from './control-file.ts';

/** One kill by the kernel's out-of-memory killer, as its log tells it. */
export interface OomKill {
  readonly pid: number;
  readonly name: string;
  /** Whose limit was reached: a group's path, or `undefined` when the whole machine ran out. */
  readonly limitedGroup: string | undefined;
  /** The group of the process that was killed; `undefined` when the kernel left the details out (ten kills in five seconds). */
  readonly processGroup: string | undefined;
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
 * @param options.pids host pids known to have been in it: they identify a victim whose group the kernel left out
 * @param options.kills of the kernel's log, see {@link readOomKills}; asked for only when the group counted a kill
 */
export function reportOom(
  collected: Readonly<Record<string, string>>,
  path: string,
  options: { readonly pids?: readonly number[]; readonly kills?: () => readonly OomKill[] } = {},
): OomReport {
  const { pids = [], kills = readOomKills } = options;
  const count = oomKillCount(collected);
  const isMine = ({ pid, processGroup }: OomKill): boolean =>
    processGroup === undefined ? pids.includes(pid) : isWithin(processGroup, path);
  const mine = count > 0 ? kills().filter(isMine) : [];
  return {
    kills: count,
    peakBytes: bytesOf(collected['memory.max_usage_in_bytes'] ?? collected['memory.peak']),
    limitBytes: bytesOf(collected['memory.limit_in_bytes'] ?? collected['memory.max']),
    victim: mine.at(-1),
  };
}

/** The report in a sentence: what was killed, how much it held, the peak and the limit. */
export function describeOom({ kills, peakBytes, limitBytes, victim }: OomReport): string {
  const mebibytes = (bytes: number): string => `${Math.round((bytes / 2 ** 20) * 10) / 10} MiB`;
  const held = victim?.anonBytes === undefined ? '' : `, which held ${mebibytes(victim.anonBytes)}`;
  const whom =
    victim === undefined ? `${kills} process${kills === 1 ? '' : 'es'}` : `${victim.name} (pid ${victim.pid}${held})`;
  const peak = peakBytes === undefined ? '' : `, the peak was ${mebibytes(peakBytes)}`;
  const limit = limitBytes === undefined ? ', there is no memory limit' : `, the limit is ${mebibytes(limitBytes)}`;
  return `out of memory: the kernel killed ${whom}${peak}${limit}`;
}

/** Kills that the group's own files count: v1 memory.oom_control, v2 memory.events. */
export function oomKillCount(collected: Readonly<Record<string, string>>): number {
  const text = collected['memory.events'] ?? collected['memory.oom_control'] ?? '';
  return parseKeyed(text)['oom_kill'] ?? 0;
}

/**
 * Finds the out-of-memory kills in kernel log records (the format of /dev/kmsg): a line `oom-kill:constraint=...` with the
 * groups, and after it `Killed process PID (NAME) total-vm:...` of the same pid. Under many kills only the latter is there.
 */
export function parseOomKills(log: string): OomKill[] {
  const kills: OomKill[] = [];
  let detailed: OomKill | undefined;
  for (const line of log.split('\n')) {
    const kill = parseKill(line);
    if (kill !== undefined) {
      kills.push(kill);
      detailed = kill;
      continue;
    }
    const memory = /^\d+,\d+,(\d+),.*Killed process (\d+) \((.*)\) total-vm:.*anon-rss:(\d+)kB/.exec(line);
    if (memory === null) continue;
    const [, atUs, pid, name = '', kibibytes] = memory;
    const anonBytes = Number(kibibytes) * 1024;
    if (detailed?.pid === Number(pid)) {
      kills[kills.indexOf(detailed)] = { ...detailed, anonBytes };
    } else {
      kills.push({
        pid: Number(pid),
        name,
        limitedGroup: undefined,
        processGroup: undefined,
        anonBytes,
        atUs: Number(atUs),
      });
    }
    detailed = undefined;
  }
  return kills;
}

function parseKill(line: string): OomKill | undefined {
  const match = /^\d+,\d+,(\d+),[^;]*;oom-kill:constraint=\w+,(.*),task=(.*),pid=(\d+),uid=\d+$/.exec(line);
  if (match === null) return undefined;
  const [, atUs, groups = '', name = '', pid] = match;
  return {
    pid: Number(pid),
    name,
    limitedGroup: /(?:^|,)oom_memcg=(.*?),task_memcg=/.exec(groups)?.[1],
    processGroup: /,task_memcg=(.*)$/.exec(groups)?.[1] ?? '',
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

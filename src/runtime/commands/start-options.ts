import { closeSync, fchownSync, fstatSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { BerthError, isErrno } from '#base/errors.ts';
import type { LinuxIDMapping, Process } from '#spec/oci-runtime/config.ts';
import type { StdioPlan } from '#sys/keeper/plan.ts';
import type { FlagValues } from '../cli/arguments.ts';

/** makedev(1, 3). */
const NULL_DEVICE = 0x103;

/** How the terminal of a process is arranged: flags of create, run and exec. */
export interface TerminalRequest {
  readonly terminal: boolean;
  readonly detach: boolean;
  readonly consoleSocket: string | undefined;
}

/**
 * Standard streams of a process.
 *
 * @throws BerthError `invalid` when a terminal has nobody to go to, or a console socket gets none
 */
export function stdioFor({ terminal, detach, consoleSocket }: TerminalRequest): StdioPlan {
  if (detach && terminal && consoleSocket === undefined) {
    throw usage('cannot allocate tty if the runtime will detach without setting console socket');
  }
  if (consoleSocket !== undefined && !(detach && terminal)) {
    throw usage('cannot use console socket if the runtime will not detach or allocate tty');
  }
  if (!terminal) return { kind: 'inherit' };
  return {
    kind: 'terminal',
    stdin: 'open',
    ...(consoleSocket === undefined ? {} : { consoleSocket: resolve(consoleSocket) }),
  };
}

function usage(message: string): BerthError {
  return new BerthError('invalid', 'runtime.terminal', message);
}

/** Descriptors after standard error that the process gets: asked for, and those of socket activation (sd_listen_fds(3)). */
export interface PreservedFds {
  readonly fds: readonly number[];
  readonly env: readonly string[];
}

export function preservedFds(flags: FlagValues, activation: boolean): PreservedFds {
  const asked = flags.integer('preserve-fds') ?? 0;
  if (asked < 0) throw new BerthError('invalid', 'runtime.usage', `--preserve-fds ${asked}: must not be negative`);
  const listen = activation ? Number(process.env['LISTEN_FDS'] ?? 0) || 0 : 0;
  const names = process.env['LISTEN_FDNAMES'];
  const env =
    listen === 0 ? [] : [`LISTEN_FDS=${listen}`, 'LISTEN_PID=1', ...(names ? [`LISTEN_FDNAMES=${names}`] : [])];
  const fds = Array.from({ length: asked + listen }, (_, index) => 3 + index);
  const closed = fds.find((fd) => !isOpen(fd));
  if (closed !== undefined) {
    throw new BerthError(
      'invalid',
      'runtime.preserve-fds',
      `preserved descriptor ${closed} of ${fds.length} is not open`,
    );
  }
  return { fds, env };
}

export function pidfdSocket(flags: FlagValues): { pidfdSocket?: string } {
  const path = flags.text('pidfd-socket');
  return path === undefined ? {} : { pidfdSocket: resolve(path) };
}

function isOpen(fd: number): boolean {
  try {
    fstatSync(fd);
    return true;
  } catch (error) {
    if (isErrno(error, 'EBADF')) return false;
    throw error;
  }
}

/**
 * Gives the inherited standard streams to the process's user, so that it may open /dev/stdout again. Not the null device,
 * which is everybody's.
 *
 * @param uid host id
 */
export function ownStandardStreams(uid: number): void {
  for (const fd of [0, 1, 2]) {
    const stat = fstatSync(fd);
    if (stat.uid === uid || (stat.isCharacterDevice() && stat.rdev === NULL_DEVICE)) continue;
    try {
      fchownSync(fd, uid, stat.gid);
    } catch (error) {
      if (!isErrno(error, 'EPERM', 'EINVAL', 'EROFS')) throw error;
    }
  }
}

/** The host's id of a container's user. */
export function hostId(id: number, mappings: readonly LinuxIDMapping[] = []): number {
  const range = mappings.find(({ containerID, size }) => id >= containerID && id < containerID + size);
  return range === undefined ? id : range.hostID + (id - range.containerID);
}

export function withEnv(document: Process, env: readonly string[]): Process {
  return env.length === 0 ? document : { ...document, env: [...(document.env ?? []), ...env] };
}

/** Writes a pid file at once, as its readers poll for it. */
export function writePidFile(path: string | undefined, pid: number): void {
  if (path === undefined) return;
  const full = resolve(path);
  const temporary = join(dirname(full), `.${basename(full)}.${process.pid}`);
  const fd = openSync(temporary, 'w', 0o644);
  try {
    writeSync(fd, String(pid));
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, full);
}

import { randomBytes } from '#base/random.ts';
import { isAlive, startTimeOf } from '#sys/proc.ts';
import { bootId } from '#sys/proc-host.ts';

let boot: string | undefined;

/** The id of this boot, read once. */
export function currentBoot(): string {
  boot ??= bootId();
  return boot;
}

/**
 * Names one engine in one process of one boot: `boot:pid:start:nonce`. Written into a row as the holder of a lock; when the
 * process is gone, so is the lock.
 */
export function newProcessToken(): string {
  return `${currentBoot()}:${process.pid}:${startTimeOf(process.pid)}:${randomBytes(6).toString('hex')}`;
}

/** True while the token's process lives. */
export function isTokenAlive(token: string): boolean {
  const [tokenBoot, pid, start = '0'] = token.split(':');
  return tokenBoot === currentBoot() && isProcessAlive(Number(pid), start);
}

/**
 * True while the process with this pid and start time, as stored, lives in this boot.
 *
 * @param start clock ticks after the boot as text; empty for "no process"
 */
export function isProcessAlive(pid: number, start: string): boolean {
  return pid > 0 && /^\d+$/.test(start) && isAlive({ pid, startTime: BigInt(start) });
}

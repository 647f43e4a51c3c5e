import { isAlive, startTimeOf } from '#sys/proc.ts';
import { bootId } from '#sys/proc-host.ts';

let own: string | undefined;
let boot: string | undefined;

function currentBoot(): string {
  boot ??= bootId();
  return boot;
}

/** Names this process beyond doubt: `BOOT.PID.START`. Usable in file names. */
export function processToken(): string {
  own ??= `${currentBoot()}.${process.pid}.${startTimeOf(process.pid) ?? 0n}`;
  return own;
}

/** Whether the process that a token names still runs. What is no token counts as dead. */
export function isProcessTokenAlive(token: string): boolean {
  const match = /^([0-9a-f-]+)\.([0-9]+)\.([0-9]+)$/.exec(token);
  if (match === null || match[1] !== currentBoot()) return false;
  return isAlive({ pid: Number(match[2]), startTime: BigInt(match[3]!) });
}

/** Settings of the network stack, below /proc/sys/net of the current network namespace. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isErrno } from '#base/errors.ts';

/** @param name with slashes, `ipv4/ip_forward`. @returns undefined when the kernel does not have it */
export function readNetSetting(name: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/net/${name}`, 'utf8').trim();
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** @returns false when the kernel does not have it */
export function writeNetSetting(name: string, value: string): boolean {
  try {
    writeFileSync(`/proc/sys/net/${name}`, value);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}

/** Interfaces that have settings of their own; none when the kernel lacks the family. */
export function interfacesWithSettings(family: 'ipv4' | 'ipv6'): string[] {
  try {
    return readdirSync(`/proc/sys/net/${family}/conf`).filter((name) => name !== 'all' && name !== 'default');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}

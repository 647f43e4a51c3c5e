import { readdirSync } from 'node:fs';

/** Names in an open directory as byte text, sorted by bytes. */
export function listDirectory(fd: number): string[] {
  return readdirSync(`/proc/self/fd/${fd}`, { encoding: 'latin1' }).sort();
}

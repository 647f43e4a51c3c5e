import { readFileSync } from 'node:fs';

/**
 * The number of a group of the host, by name or number.
 *
 * @returns `undefined` when there is none of that name
 */
export function groupId(name: string, text: string = readFileSync('/etc/group', 'utf8')): number | undefined {
  if (/^\d{1,10}$/.test(name)) return Number(name);
  const line = text.split('\n').find((each) => each.startsWith(`${name}:`));
  const id = line?.split(':')[2];
  return id === undefined ? undefined : Number(id);
}

/** Where settings are that concern a root. */
import { join, resolve } from 'node:path';

export const DEFAULT_ROOT = '/var/lib/berth';
/** Settings of the default root, for its daemon and for every command. */
export const CONFIG_FILE = '/etc/berth/daemon.json';
/** In a root: with which flags its daemon was last started, so that commands without it find the same defaults. */
const REMEMBERED = 'daemon-flags.json';

export function rememberedPath(root: string): string {
  return join(resolve(root), REMEMBERED);
}

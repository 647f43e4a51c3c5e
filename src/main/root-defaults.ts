/** The defaults of a root's containers and networks for a process that is not its daemon. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { EngineDefaults } from '#engine/defaults.ts';
import { CONFIG_FILE, DEFAULT_ROOT, rememberedPath } from './root-files.ts';

/**
 * Most roots have no settings: then nothing is loaded to read them.
 *
 * @returns what reads them, each time it is called; `undefined` when there are none
 */
export async function rootDefaults(root: string): Promise<(() => EngineDefaults) | undefined> {
  const isUsual = resolve(root) === DEFAULT_ROOT;
  if (!existsSync(rememberedPath(root)) && !(isUsual && existsSync(CONFIG_FILE))) return undefined;
  const { loadDefaults } = await import('./daemon/settings.ts');
  return () => loadDefaults(root);
}

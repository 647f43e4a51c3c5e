import { BerthError } from '#base/errors.ts';

/** The runtime that is Berth itself. */
export const OWN_RUNTIME = 'berth';
const FOREIGN = ['crun', 'runc'];

/** True for a runtime that is another program. */
export function isForeignRuntime(name: string): boolean {
  return name !== OWN_RUNTIME;
}

/**
 * Checks `--runtime`: Berth's own, one by name, or the absolute path of one.
 *
 * @param configured those that the settings name
 * @throws invalid with Docker's words
 */
export function checkRuntime(name: string, configured: Readonly<Record<string, unknown>> = {}): void {
  if (name === OWN_RUNTIME || FOREIGN.includes(name) || name.startsWith('/') || Object.hasOwn(configured, name)) return;
  throw new BerthError('invalid', 'runtime.unknown', `unknown or invalid runtime name: ${name}`);
}

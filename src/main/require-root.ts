import { BerthError } from '#base/errors.ts';

/**
 * Refuses to open an engine for an ordinary user: namespaces, mounts and control groups are root's, and so are the engine's files.
 *
 * @param root directory of the engine's state, for the message
 * @throws BerthError `forbidden`
 */
export function requireRoot(root: string, user: number | undefined = process.geteuid?.()): void {
  if (user === 0) return;
  throw new BerthError('forbidden', 'engine.not-root', `permission denied: the containers of ${root} are root's`, {
    hint: 'run berth as root (sudo berth ...), or let root start a daemon for a group of yours: sudo berth daemon --group GROUP',
  });
}

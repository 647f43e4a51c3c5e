import { existsSync } from 'node:fs';
import { isBerthError, messageOf } from '#base/errors.ts';
import { type Core, openCore } from '#engine/open-core.ts';
import { recordExit } from '#engine/record-exit.ts';
import { rootDefaults } from './root-defaults.ts';

const USAGE =
  'usage: berth internal exited ROOT ID\n       berth internal restore-network ROOT\n       berth internal remove-network ROOT\n       berth internal shut-down ROOT';

/**
 * Commands that Berth gives to itself. `exited ROOT ID`: a keeper says that a container or exec ended and nobody watched;
 * records it, removes the container if it asked for that, restarts it if its policy says so. `restore-network ROOT`: the guard
 * says that somebody took the firewall rules away; puts them back. `remove-network ROOT`: takes all that its networks have on the
 * host away, for a root that is about to be deleted. `shut-down ROOT`: the machine goes down; stops all that runs.
 *
 * @returns the exit status
 */
export async function runInternal(words: readonly string[], launcher: string): Promise<number> {
  const [command, root, ...rest] = words;
  if (root !== undefined && command === 'exited' && rest.length === 1) {
    return withCore(root, launcher, `recording the exit of ${rest[0]}`, (core) => recordExit(core.context, rest[0]!));
  }
  if (root !== undefined && command === 'restore-network' && rest.length === 0) {
    return withCore(root, launcher, 'restoring the firewall rules', async (core) => {
      const { restoreMissedFirewall } = await import('#engine/networks/restore-firewall.ts');
      await restoreMissedFirewall(core.context);
    });
  }
  if (root !== undefined && command === 'shut-down' && rest.length === 0) {
    return withCore(root, launcher, 'shutting containers down', async (core) => {
      const { shutDown } = await import('#engine/shut-down.ts');
      await shutDown(core.context);
    });
  }
  if (root !== undefined && command === 'remove-network' && rest.length === 0) {
    return withCore(root, launcher, 'removing the networks', async (core) => {
      const { removeHostParts } = await import('#engine/networks/remove-host-parts.ts');
      await removeHostParts(core.context);
    });
  }
  process.stderr.write(`${USAGE}\n`);
  return 1;
}

async function withCore(
  root: string,
  launcher: string,
  what: string,
  work: (core: Core) => Promise<unknown>,
): Promise<number> {
  // A root that was deleted is not to come back.
  if (!existsSync(root)) return 0;
  const defaults = await rootDefaults(root);
  const core = openCore({
    root,
    exitCommand: exitCommandOf(launcher, root),
    restoreCommand: restoreCommandOf(launcher, root),
    ...(defaults === undefined ? {} : { defaults }),
  });
  try {
    await work(core);
    return 0;
  } catch (error) {
    // Removed by somebody else meanwhile: there is nothing left to do.
    if (isBerthError(error, 'not-found')) return 0;
    process.stderr.write(`berth: ${what}: ${messageOf(error)}\n`);
    return 1;
  } finally {
    await core.close();
  }
}

/** What a keeper runs when its process ends and nobody watches; the id comes last. */
export function exitCommandOf(launcher: string, root: string): readonly string[] {
  return [launcher, 'internal', 'exited', root];
}

/** What the guard runs when the firewall rules are gone. */
export function restoreCommandOf(launcher: string, root: string): readonly string[] {
  return [launcher, 'internal', 'restore-network', root];
}

import { isBerthError, messageOf } from '#base/errors.ts';
import { openCore } from '#engine/open-core.ts';
import { recordExit } from '#engine/record-exit.ts';

const USAGE = 'usage: berth internal exited ROOT ID';

/**
 * Commands that Berth gives to itself. `exited ROOT ID`: a keeper says that a container or exec ended and nobody watched;
 * records it, removes the container if it asked for that, restarts it if its policy says so.
 *
 * @returns the exit status
 */
export async function runInternal(words: readonly string[], launcher: string): Promise<number> {
  const [command, root, id, ...rest] = words;
  if (command !== 'exited' || root === undefined || id === undefined || rest.length > 0) {
    process.stderr.write(`${USAGE}\n`);
    return 1;
  }
  const core = openCore({ root, exitCommand: exitCommandOf(launcher, root) });
  try {
    await recordExit(core.context, id);
    return 0;
  } catch (error) {
    // Removed by somebody else meanwhile: there is nothing left to record.
    if (isBerthError(error, 'not-found')) return 0;
    process.stderr.write(`berth: recording the exit of ${id}: ${messageOf(error)}\n`);
    return 1;
  } finally {
    await core.close();
  }
}

/** What a keeper runs when its process ends and nobody watches; the id comes last. */
export function exitCommandOf(launcher: string, root: string): readonly string[] {
  return [launcher, 'internal', 'exited', root];
}

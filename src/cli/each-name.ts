/** Commands that do one thing to each of several containers. */
import type { Context } from './command.ts';
import { ExitFailure, failureText } from './failure.ts';

/** How many are in work at once. */
const PARALLEL = 50;

/** Runs tasks with a limit; each result is a promise of its own, in the order of the names. */
function startAll(names: readonly string[], act: (name: string) => Promise<void>): readonly Promise<void>[] {
  let running = 0;
  const waiting: (() => void)[] = [];
  const limited = async (name: string) => {
    if (running >= PARALLEL) await new Promise<void>((resolve) => waiting.push(resolve));
    running++;
    try {
      await act(name);
    } finally {
      running--;
      waiting.shift()?.();
    }
  };
  return names.map((name) => {
    const result = limited(name);
    // Each is looked at in its turn; until then its failure is no unhandled one.
    result.catch(() => {});
    return result;
  });
}

/**
 * Does one thing to each, prints the names that worked in the order given, and fails with all the complaints at the end.
 *
 * @param act may throw; `forgive` decides which failures are only told and not counted
 * @throws ExitFailure of status 1
 */
export async function eachName(
  context: Context,
  names: readonly string[],
  act: (name: string) => Promise<void>,
  forgive: (error: unknown) => boolean = () => false,
): Promise<number> {
  const results = startAll(names, act);
  const failures: string[] = [];
  for (const [i, result] of results.entries()) {
    try {
      await result;
      context.stdout.write(`${names[i]}\n`);
    } catch (error) {
      if (forgive(error)) context.stderr.write(`${failureText(error)}\n`);
      else failures.push(failureText(error));
    }
  }
  if (failures.length > 0) throw new ExitFailure(1, failures.join('\n'));
  return 0;
}

/** {@link eachName}, one after the other. */
export async function eachNameInTurn(
  context: Context,
  names: readonly string[],
  act: (name: string) => Promise<void>,
): Promise<number> {
  let last: Promise<void> = Promise.resolve();
  return eachName(context, names, (name) => {
    const next = last.then(() => act(name));
    last = next.catch(() => {});
    return next;
  });
}

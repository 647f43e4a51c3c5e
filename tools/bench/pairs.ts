/** Statistics of commands timed in turn: A B A B …, so that a machine that drifts slows both. */
import { spawn } from 'node:child_process';
import { performance } from 'node:perf_hooks';

export interface Sample {
  readonly name: string;
  /** Wall-clock milliseconds of each run, in order. */
  readonly times: readonly number[];
}

/** The middle value; the mean of the middle two of an even number. @throws RangeError for no values */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('the median of nothing');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The median of the ratios of runs with the same number: how many times longer `other` takes than `base`. */
export function medianRatio(base: Sample, other: Sample): number {
  const pairs = Math.min(base.times.length, other.times.length);
  return median(Array.from({ length: pairs }, (_, run) => other.times[run]! / base.times[run]!));
}

/**
 * Runs a command to its end.
 *
 * @param argv program and arguments; no shell
 * @returns wall-clock milliseconds
 * @throws Error with the command's error output when it does not exit with 0
 */
export function timeCommand(argv: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const begin = performance.now();
    const child = spawn(argv[0]!, argv.slice(1), { stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    child.on('error', reject);
    child.on('close', (status) => {
      if (status === 0) resolve(performance.now() - begin);
      else reject(new Error(`exit ${status}: ${argv.join(' ')}: ${errors.slice(-300)}`));
    });
  });
}

/**
 * Times several commands in turn.
 *
 * @param commands for each name what makes the command line of one run
 * @param runs counted runs of each, after one that is not counted
 * @param prepare called before each command with its name; not timed
 */
export async function timeInTurn(
  commands: ReadonlyMap<string, (run: number) => readonly string[]>,
  runs: number,
  prepare: (name: string) => void = () => {},
): Promise<Sample[]> {
  const times = new Map([...commands.keys()].map((name) => [name, [] as number[]]));
  for (let run = -1; run < runs; run++) {
    for (const [name, command] of commands) {
      prepare(name);
      const duration = await timeCommand(command(run));
      if (run >= 0) times.get(name)!.push(duration);
    }
  }
  return [...times].map(([name, list]) => ({ name, times: list }));
}

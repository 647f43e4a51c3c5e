import type { Context } from '../command.ts';

/** What the options of `run` and `create` are read with. */
export interface RunHost {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Relative paths count from here. */
  readonly cwd: string;
  /** Takes a warning that stops nothing. */
  warn(text: string): void;
}

export function runHostOf({ env, cwd, stderr }: Pick<Context, 'env' | 'cwd' | 'stderr'>): RunHost {
  return { env, cwd, warn: (text) => stderr.write(`WARNING: ${text}\n`) };
}

import type { LogTarget } from '../cli/log.ts';
import type { HostFacts } from '../plan/launch-options.ts';

/** What every command of `berth-runtime` works with. */
export interface RuntimeContext {
  /** Directory of all containers' state. */
  readonly root: string;
  /** It was named, so that it has to be there where nothing is created. */
  readonly isRootNamed: boolean;
  readonly log: LogTarget;
  readonly facts: HostFacts;
  /** Writes to standard output. */
  readonly print: (text: string) => void;
}

/** What a command ends with: its exit status. */
export type ExitStatus = number;

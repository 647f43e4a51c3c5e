import { ExitFailure } from '../failure.ts';
import type { ParsedFlags } from '../parsed-flags.ts';

/** In the order of the alphabet, in which docker complains. */
const WINDOWS_ONLY = ['cpu-count', 'cpu-percent', 'io-maxbandwidth', 'io-maxiops'];

/** Refuses the options of `run` and `create` that this engine has no use for, by name. @throws ExitFailure */
export function refuseUnavailable(flags: ParsedFlags): void {
  const windows = WINDOWS_ONLY.filter((name) => flags.changed(name));
  if (windows.length > 0) {
    const complaints = windows.map(
      (name) =>
        `"--${name}" is only supported on a Docker daemon running on windows, but the Docker daemon is running on linux`,
    );
    throw new ExitFailure(1, complaints.join('\n'));
  }
  if (flags.bool('use-api-socket'))
    throw new ExitFailure(1, 'berth: --use-api-socket is not available yet: bind the socket with --volume');
  if (!flags.bool('disable-content-trust'))
    throw new ExitFailure(1, 'berth: --disable-content-trust=false is not available: Berth has no content trust');
}

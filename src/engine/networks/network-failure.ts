/** What failures of a start's network ops mean. */
import { BerthError } from '#base/errors.ts';
import { PlanError } from '#sys/keeper/plan-error.ts';

const ENOENT = 2;
const EBUSY = 16;
const EEXIST = 17;
const ENODEV = 19;
const EXFULL = 54;
const EOPNOTSUPP = 95;
/** BR_MAX_PORTS less the one number that is none (net/bridge/br_private.h). */
const BRIDGE_PORTS = 1023;

/** True for the failure of a start that found no device or no rules: they are made, and the start is tried again. */
export function isWithoutNetwork(error: unknown): boolean {
  return (
    error instanceof PlanError &&
    error.op === 'netlink' &&
    error.side === 'parent' &&
    [ENOENT, EBUSY, EEXIST, ENODEV].includes(error.errno)
  );
}

function failed(why: string, cause: PlanError, hint?: string): BerthError {
  const message = `failed to set up container networking: ${why}`;
  return new BerthError('unavailable', 'network.setup', message, { cause, ...(hint === undefined ? {} : { hint }) });
}

/** A failure of the network's ops in words for users; any other error as it is. */
export function networkFailure(error: unknown): unknown {
  if (!(error instanceof PlanError) || error.op !== 'netlink') return error;
  switch (error.errno) {
    case EXFULL:
      return failed(
        `the network is full: a bridge of the kernel has ${BRIDGE_PORTS} ports`,
        error,
        'use one more network',
      );
    case EOPNOTSUPP:
      return failed(`${error.message} (the kernel lacks this kind of interface)`, error);
    case EBUSY:
      return failed(error.message, error, 'one interface cannot be the parent of both macvlan and ipvlan interfaces');
    default:
      return failed(error.message, error);
  }
}

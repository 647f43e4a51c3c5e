import { constants } from 'node:os';
import { BerthError } from '#base/errors.ts';
import type { PlanError } from '#sys/keeper/plan-error.ts';

/** Beginning of what is said when a volume's file system cannot be mounted; Docker's words. */
export const VOLUME_MOUNT_FAILED = 'error while mounting volume';

/** The failure of a volume's mount as a user can act on it; undefined when the start failed in another way. */
export function volumeMountFailure(error: PlanError): BerthError | undefined {
  if (!error.message.startsWith(VOLUME_MOUNT_FAILED)) return undefined;
  const type = error.failure.path;
  const hint =
    error.errno === constants.errno.ENODEV
      ? { hint: `this kernel has no file system "${type}": load its module (modprobe ${type}) or use another type` }
      : {};
  return new BerthError('invalid', 'volume.mount', error.message, { cause: error, ...hint });
}

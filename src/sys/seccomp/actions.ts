import { BerthError } from '#base/errors.ts';
import type { LinuxSeccompAction, LinuxSeccompFlag, LinuxSeccompOperator } from '#spec/oci-runtime/config.ts';

/** SECCOMP_RET_* of include/uapi/linux/seccomp.h. */
const RETURN: Readonly<Record<LinuxSeccompAction, number>> = {
  SCMP_ACT_KILL: 0,
  SCMP_ACT_KILL_THREAD: 0,
  SCMP_ACT_KILL_PROCESS: 0x8000_0000,
  SCMP_ACT_TRAP: 0x0003_0000,
  SCMP_ACT_ERRNO: 0x0005_0000,
  SCMP_ACT_NOTIFY: 0x7fc0_0000,
  SCMP_ACT_TRACE: 0x7ff0_0000,
  SCMP_ACT_LOG: 0x7ffc_0000,
  SCMP_ACT_ALLOW: 0x7fff_0000,
};

/** SECCOMP_FILTER_FLAG_* of include/uapi/linux/seccomp.h, for seccomp(2). */
const FLAG: Readonly<Record<LinuxSeccompFlag, number>> = {
  SECCOMP_FILTER_FLAG_TSYNC: 1,
  SECCOMP_FILTER_FLAG_LOG: 2,
  SECCOMP_FILTER_FLAG_SPEC_ALLOW: 4,
  SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: 32,
};
const NEW_LISTENER = 8;
const TSYNC_ESRCH = 16;

/** enum scmp_compare of libseccomp. */
const COMPARE: Readonly<Record<LinuxSeccompOperator, number>> = {
  SCMP_CMP_NE: 1,
  SCMP_CMP_LT: 2,
  SCMP_CMP_LE: 3,
  SCMP_CMP_EQ: 4,
  SCMP_CMP_GE: 5,
  SCMP_CMP_GT: 6,
  SCMP_CMP_MASKED_EQ: 7,
};

const EPERM = 1;
const MAX_ERRNO = 4095;

/** The value a filter returns for SCMP_ACT_ERRNO with ENOSYS. */
export const RETURN_ENOSYS = 0x0005_0000 | 38;

/**
 * An action as the value that a filter returns to the kernel.
 *
 * @param errnoRet only ERRNO and TRACE take one; EPERM when absent
 * @throws BerthError `invalid` for an unknown action, and for a number where the action takes none
 */
export function actionValue(action: LinuxSeccompAction, errnoRet: number | undefined): number {
  const base = RETURN[action];
  if (base === undefined) throw invalid(`unknown action ${JSON.stringify(action)}`);
  if (action === 'SCMP_ACT_ERRNO' || action === 'SCMP_ACT_TRACE') {
    const limit = action === 'SCMP_ACT_ERRNO' ? MAX_ERRNO : 0xffff;
    const data = errnoRet ?? EPERM;
    if (!Number.isInteger(data) || data < 0 || data > limit)
      throw invalid(`errnoRet ${data} is out of range (0 to ${limit})`);
    return base + data;
  }
  if (errnoRet !== undefined) throw invalid(`errnoRet is given, but the action ${action} takes none`);
  return base;
}

/**
 * Flags for seccomp(2).
 *
 * @param notifies whether any rule uses SCMP_ACT_NOTIFY
 * @throws BerthError `invalid` for an unknown flag or a combination the kernel refuses
 */
export function flagBits(flags: readonly LinuxSeccompFlag[], notifies: boolean): number {
  let bits = notifies ? NEW_LISTENER : 0;
  for (const flag of flags) {
    const bit = FLAG[flag];
    if (bit === undefined) throw invalid(`unknown flag ${JSON.stringify(flag)}`);
    bits |= bit;
  }
  if ((bits & FLAG.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV) !== 0 && !notifies) {
    throw invalid('the flag SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV needs a rule with SCMP_ACT_NOTIFY');
  }
  // Both return a value in the same place; with this flag the kernel reports a thread that cannot follow as ESRCH.
  if (notifies && (bits & FLAG.SECCOMP_FILTER_FLAG_TSYNC) !== 0) bits |= TSYNC_ESRCH;
  return bits;
}

/** @throws BerthError `invalid` for an unknown operator */
export function comparisonValue(operator: LinuxSeccompOperator): number {
  const value = COMPARE[operator];
  if (value === undefined) throw invalid(`unknown operator ${JSON.stringify(operator)}`);
  return value;
}

export function invalid(reason: string): BerthError {
  return new BerthError('invalid', 'seccomp.profile', `invalid seccomp profile: ${reason}`);
}

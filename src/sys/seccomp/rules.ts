import type { Integer64, LinuxSeccomp, LinuxSeccompArg, LinuxSyscall } from '#spec/oci-runtime/config.ts';
import { actionValue, comparisonValue, invalid } from './actions.ts';
import type { ArgCondition } from './libseccomp.ts';

/** One rule as libseccomp takes it; several conditions must all hold. */
export interface SeccompRule {
  readonly name: string;
  readonly action: number;
  readonly conditions: readonly ArgCondition[];
}

/**
 * Checks a filter description and takes it apart into rules.
 *
 * Rules whose action is the default action say nothing and are left out. When one argument has several conditions, each
 * becomes a rule of its own (any may hold): a rule of libseccomp takes one per argument, and runtimes agreed on this reading.
 *
 * @throws BerthError `invalid` for what the runtime specification or the kernel forbids
 */
export function rulesOf(config: LinuxSeccomp): {
  readonly defaultAction: number;
  readonly rules: readonly SeccompRule[];
} {
  if (config.defaultAction === 'SCMP_ACT_NOTIFY') {
    throw invalid('SCMP_ACT_NOTIFY cannot be the default action: the listener could never be handed over');
  }
  const defaultAction = actionValue(config.defaultAction, config.defaultErrnoRet);
  const rules = (config.syscalls ?? []).flatMap((entry) => rulesOfEntry(entry, defaultAction));
  if (usesNotify(config) && !config.listenerPath) {
    throw invalid('a rule uses SCMP_ACT_NOTIFY, but listenerPath is not set');
  }
  return { defaultAction, rules };
}

export function usesNotify(config: LinuxSeccomp): boolean {
  return (config.syscalls ?? []).some((entry) => entry.action === 'SCMP_ACT_NOTIFY');
}

function rulesOfEntry(entry: LinuxSyscall, defaultAction: number): SeccompRule[] {
  if (!Array.isArray(entry.names) || entry.names.length === 0) throw invalid('a rule names no system call');
  const action = actionValue(entry.action, entry.errnoRet);
  if (entry.action === 'SCMP_ACT_NOTIFY' && entry.names.includes('write')) {
    throw invalid('SCMP_ACT_NOTIFY cannot be used for the write syscall: the listener is handed over with it');
  }
  if (action === defaultAction) return [];
  const alternatives = conditionSets(entry.args ?? []);
  return entry.names.flatMap((name) => {
    if (typeof name !== 'string' || name === '') throw invalid('a rule has an empty system call name');
    return alternatives.map((conditions) => ({ name, action, conditions }));
  });
}

function conditionSets(args: readonly LinuxSeccompArg[]): ArgCondition[][] {
  const conditions = args.map(condition);
  const indexes = new Set(conditions.map(({ index }) => index));
  return indexes.size === conditions.length ? [conditions] : conditions.map((single) => [single]);
}

function condition(arg: LinuxSeccompArg): ArgCondition {
  if (!Number.isInteger(arg.index) || arg.index < 0 || arg.index > 5) {
    throw invalid(`argument index ${arg.index} is not 0 to 5`);
  }
  return { index: arg.index, op: comparisonValue(arg.op), a: unsigned64(arg.value), b: unsigned64(arg.valueTwo ?? 0) };
}

function unsigned64(value: Integer64): bigint {
  if (typeof value === 'number' && !Number.isInteger(value)) throw invalid(`argument value ${value} is not an integer`);
  const big = BigInt(value);
  if (big < 0n || big > 0xffff_ffff_ffff_ffffn) throw invalid(`argument value ${big} is not an unsigned 64-bit number`);
  return big;
}

import { CAPABILITIES } from '#spec/capabilities.ts';
import type { FsOption, IdRange } from '#sys/keeper/plan.ts';
import {
  IO_CLASS_SHIFT,
  IO_CLASSES,
  MEMORY_POLICIES,
  MEMORY_POLICY_FLAGS,
  MOUNT_ATTR,
  PROPAGATION,
  RLIM_INFINITY,
  RLIMITS,
  SCHEDULER_POLICIES,
} from '../plan/linux-numbers.ts';

/** Words for the numbers in plans. */

/** `ro`, `nosuid` and so on. */
export function attributeWords(set: number, clear: number): string[] {
  const words: string[] = [];
  const flag = (bit: number, on: string, off: string): void => {
    if (set & bit) words.push(on);
    else if (clear & bit) words.push(off);
  };
  flag(MOUNT_ATTR.RDONLY, 'ro', 'rw');
  flag(MOUNT_ATTR.NOSUID, 'nosuid', 'suid');
  flag(MOUNT_ATTR.NODEV, 'nodev', 'dev');
  flag(MOUNT_ATTR.NOEXEC, 'noexec', 'exec');
  flag(MOUNT_ATTR.NODIRATIME, 'nodiratime', 'diratime');
  flag(MOUNT_ATTR.NOSYMFOLLOW, 'nosymfollow', 'symfollow');
  if (set & MOUNT_ATTR.NOATIME) words.push('noatime');
  else if (set & MOUNT_ATTR.STRICTATIME) words.push('strictatime');
  else if (clear & MOUNT_ATTR.ATIME) words.push('relatime');
  return words;
}

export function propagationWord(type: number): string {
  const names = Object.entries(PROPAGATION).filter(([, bit]) => (type & bit) !== 0);
  return names.map(([name]) => name.toLowerCase()).join('+');
}

export function fsOptionWords(options: readonly FsOption[]): string[] {
  return options.map(({ key, value }) => (value === undefined ? key : `${key}=${value}`));
}

/** The capabilities of a mask; `all` and `none` by name. */
export function capabilityWords(bits: bigint): string {
  const all = (1n << BigInt(CAPABILITIES.length)) - 1n;
  if ((bits & all) === all) return 'all';
  const names = CAPABILITIES.filter((_, number) => (bits >> BigInt(number)) & 1n);
  return names.length === 0 ? 'none' : names.map((name) => name.slice('CAP_'.length)).join(', ');
}

export function rangeWords(ranges: readonly IdRange[]): string {
  return ranges
    .map(({ inside, outside, size }) => `${idSpan(inside, size)} is ${idSpan(outside, size)} on the host`)
    .join(', ');
}

function idSpan(first: number, size: number): string {
  return size === 1 ? String(first) : `${first}-${first + size - 1}`;
}

export function rlimitWord(resource: number): string {
  const name = Object.entries(RLIMITS).find(([, number]) => number === resource)?.[0] ?? String(resource);
  return name.replace('RLIMIT_', '').toLowerCase();
}

export function limitWord(value: bigint): string {
  return value === RLIM_INFINITY ? 'unlimited' : String(value);
}

export function policyWord(policy: number): string {
  return Object.entries(SCHEDULER_POLICIES).find(([, number]) => number === policy)?.[0] ?? `policy ${policy}`;
}

export function ioPriorityWords(value: number): string {
  const kind = value >> IO_CLASS_SHIFT;
  const name = Object.entries(IO_CLASSES).find(([, number]) => number === kind)?.[0] ?? `class ${kind}`;
  return `${name.replace('IOPRIO_CLASS_', '').toLowerCase()}, level ${value & ((1 << IO_CLASS_SHIFT) - 1)}`;
}

/** Octal, as permissions are written. */
export function modeWord(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

/** Words as a shell would take them. */
export function commandWords(argv: readonly string[]): string {
  return argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word))).join(' ');
}

/** Text that goes into a file, short and on one line. */
export function dataWords(data: string | Uint8Array): string {
  if (typeof data !== 'string') return `${data.length} bytes`;
  const line = JSON.stringify(data.trim());
  return line.length > 100 ? `${line.slice(0, 97)}..."` : line;
}

/** `MPOL_BIND, MPOL_F_STATIC_NODES`. */
export function memoryPolicyWords(mode: number): string {
  const flags = Object.entries(MEMORY_POLICY_FLAGS).filter(([, bit]) => (mode & bit) !== 0);
  const bare = flags.reduce((rest, [, bit]) => rest & ~bit, mode);
  const name = Object.entries(MEMORY_POLICIES).find(([, number]) => number === bare)?.[0] ?? String(bare);
  return [name, ...flags.map(([flag]) => flag)].join(', ');
}

import { BerthError, messageOf } from '#base/errors.ts';
import type { LinuxSeccomp, LinuxSyscall } from './oci-runtime/config.ts';
import { DEFAULT_SECCOMP_PROFILE } from './seccomp-default.ts';

/** When a rule counts. Every part that is given must hold. */
export interface ProfileCondition {
  /** All of them are held (includes) or any of them (excludes): `CAP_SYS_ADMIN`. */
  readonly caps?: readonly string[] | null;
  /** One of them is the machine's, by its name in image manifests: `amd64`. */
  readonly arches?: readonly string[] | null;
  /** `4.8` */
  readonly minKernel?: string;
}

export interface ProfileRule extends Omit<LinuxSyscall, 'names'> {
  readonly names?: readonly string[];
  /** The older form of `names`. */
  readonly name?: string;
  readonly comment?: string;
  readonly includes?: ProfileCondition;
  readonly excludes?: ProfileCondition;
}

/** Docker's profile format: the runtime specification's `linux.seccomp` with conditions and a map of architectures. */
export interface SeccompProfile extends Omit<LinuxSeccomp, 'syscalls'> {
  readonly archMap?:
    | readonly { readonly architecture: string; readonly subArchitectures?: readonly string[] | null }[]
    | null;
  readonly syscalls: readonly ProfileRule[];
}

/** What the conditions of a profile are decided by. */
export interface ProfileTarget {
  /** The container's bounding set: `CAP_CHOWN`, ... */
  readonly caps: readonly string[];
  /** As in image manifests: `amd64`, `arm64`. */
  readonly arch: string;
  readonly kernelVersion: { readonly major: number; readonly minor: number };
}

const ARCHITECTURES: Readonly<Record<string, string>> = {
  '386': 'SCMP_ARCH_X86',
  amd64: 'SCMP_ARCH_X86_64',
  arm: 'SCMP_ARCH_ARM',
  arm64: 'SCMP_ARCH_AARCH64',
  loong64: 'SCMP_ARCH_LOONGARCH64',
  mips: 'SCMP_ARCH_MIPS',
  mips64: 'SCMP_ARCH_MIPS64',
  mips64le: 'SCMP_ARCH_MIPSEL64',
  mipsle: 'SCMP_ARCH_MIPSEL',
  ppc64le: 'SCMP_ARCH_PPC64LE',
  riscv64: 'SCMP_ARCH_RISCV64',
  s390x: 'SCMP_ARCH_S390X',
};

/** Docker's default profile for one container, in the form of config.json. */
export function dockerDefaultSeccomp(target: ProfileTarget): LinuxSeccomp {
  return evaluateProfile(DEFAULT_SECCOMP_PROFILE, target);
}

/**
 * A profile file (`--security-opt seccomp=FILE`) for one container.
 *
 * @param text JSON in Docker's format; the plain form of config.json is a part of it
 * @throws BerthError `invalid`, naming what is wrong
 */
export function loadDockerProfile(text: string, target: ProfileTarget): LinuxSeccomp {
  const profile = parseProfile(text);
  if ((profile.architectures ?? []).length > 0 && (profile.archMap ?? []).length > 0) {
    throw badProfile(
      "both 'architectures' and 'archMap' are specified in the seccomp profile, use either 'architectures' or 'archMap'",
    );
  }
  return evaluateProfile(profile, target);
}

/** Leaves the rules whose conditions hold, and the architectures of the machine. */
export function evaluateProfile(profile: SeccompProfile, target: ProfileTarget): LinuxSeccomp {
  const { archMap, syscalls, architectures, ...rest } = profile;
  const archs = (architectures ?? []).length > 0 ? architectures : architecturesOf(archMap ?? [], target.arch);
  return {
    ...rest,
    ...(archs === undefined ? {} : { architectures: archs }),
    syscalls: syscalls
      .filter((rule) => isIncluded(rule.includes ?? {}, target) && !isExcluded(rule.excludes ?? {}, target))
      .map(plainRule),
  };
}

function architecturesOf(archMap: NonNullable<SeccompProfile['archMap']>, arch: string): string[] | undefined {
  const native = ARCHITECTURES[arch];
  const entry = archMap.find(({ architecture }) => architecture === native);
  return entry === undefined ? undefined : [entry.architecture, ...(entry.subArchitectures ?? [])];
}

function isIncluded(condition: ProfileCondition, target: ProfileTarget): boolean {
  const { caps, arches, minKernel } = condition;
  if (arches && arches.length > 0 && !arches.includes(target.arch)) return false;
  if (caps && !caps.every((cap) => target.caps.includes(cap))) return false;
  return minKernel === undefined || isKernelAtLeast(minKernel, target);
}

function isExcluded(condition: ProfileCondition, target: ProfileTarget): boolean {
  const { caps, arches, minKernel } = condition;
  if (arches?.includes(target.arch)) return true;
  if (caps?.some((cap) => target.caps.includes(cap))) return true;
  return minKernel !== undefined && isKernelAtLeast(minKernel, target);
}

function isKernelAtLeast(wanted: string, { kernelVersion }: ProfileTarget): boolean {
  const match = /^(\d+)\.(\d+)$/.exec(wanted);
  if (match === null) throw badProfile(`invalid kernel version ${JSON.stringify(wanted)}: expected "<kernel>.<major>"`);
  const [major, minor] = [Number(match[1]), Number(match[2])];
  return kernelVersion.major > major || (kernelVersion.major === major && kernelVersion.minor >= minor);
}

function plainRule(rule: ProfileRule): LinuxSyscall {
  const { name, names, comment: _comment, includes: _includes, excludes: _excludes, ...rest } = rule;
  if (name !== undefined && names !== undefined && names.length > 0) {
    throw badProfile("both 'name' and 'names' are specified in the seccomp profile, use either 'name' or 'names'");
  }
  const all = name === undefined ? (names ?? []) : [name];
  if (all.length === 0) throw badProfile('a rule of the seccomp profile names no system call');
  return { ...rest, names: all };
}

function parseProfile(text: string): SeccompProfile {
  let value: unknown;
  try {
    value = JSON.parse(text, keepBigNumbers);
  } catch (error) {
    throw badProfile(`decoding seccomp profile failed: ${messageOf(error)}`);
  }
  if (!isRecord(value)) throw badProfile('decoding seccomp profile failed: it is not an object');
  const profile = withoutNulls(value);
  requireForm(profile);
  // The form has just been checked; the values are checked when the filter is compiled.
  return { syscalls: [], ...profile } as unknown as SeccompProfile;
}

/** Argument values are unsigned 64-bit numbers: more than a number holds exactly. */
function keepBigNumbers(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  return context?.source !== undefined && /^\d+$/.test(context.source) ? BigInt(context.source) : value;
}

function requireForm(profile: Record<string, unknown>): void {
  if (typeof profile['defaultAction'] !== 'string') throw badProfile('the seccomp profile has no defaultAction');
  const rules = profile['syscalls'] ?? [];
  if (!Array.isArray(rules) || !rules.every(isRecord))
    throw badProfile("'syscalls' of the seccomp profile is not a list of rules");
  for (const rule of rules) {
    if (typeof rule['action'] !== 'string') throw badProfile('a rule of the seccomp profile has no action');
    requireStrings(rule['names'], 'names');
    if (rule['name'] !== undefined && typeof rule['name'] !== 'string')
      throw badProfile("'name' of a rule is not a string");
    if (rule['args'] !== undefined && !(Array.isArray(rule['args']) && rule['args'].every(isRecord))) {
      throw badProfile("'args' of a rule of the seccomp profile is not a list");
    }
    for (const key of ['includes', 'excludes']) requireCondition(rule[key], key);
  }
  requireStrings(profile['architectures'], 'architectures');
  requireStrings(profile['flags'], 'flags');
  const map = profile['archMap'] ?? [];
  if (!Array.isArray(map) || !map.every((entry) => isRecord(entry) && typeof entry['architecture'] === 'string')) {
    throw badProfile("'archMap' of the seccomp profile is not a list of architectures");
  }
  for (const entry of map) requireStrings(entry.subArchitectures, 'subArchitectures');
}

function requireCondition(value: unknown, key: string): void {
  if (value === undefined) return;
  if (!isRecord(value)) throw badProfile(`'${key}' of a rule of the seccomp profile is not an object`);
  requireStrings(value['caps'], 'caps');
  requireStrings(value['arches'], 'arches');
  const kernel = value['minKernel'];
  if (kernel !== undefined && typeof kernel !== 'string') throw badProfile("'minKernel' of a rule is not a string");
}

function requireStrings(value: unknown, key: string): void {
  if (value === undefined) return;
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
    throw badProfile(`'${key}' of the seccomp profile is not a list of strings`);
  }
}

/** Docker's own profiles spell absent lists and objects as `null`. */
function withoutNulls(value: Record<string, unknown>): Record<string, unknown> {
  const plain = (item: unknown): unknown => {
    if (Array.isArray(item)) return item.map(plain);
    return isRecord(item) ? withoutNulls(item) : item;
  };
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== null)
      .map(([key, item]) => [key, plain(item)]),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function badProfile(message: string): BerthError {
  return new BerthError('invalid', 'seccomp.profile', message);
}

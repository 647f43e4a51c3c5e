import { BerthError } from '#base/errors.ts';
import type { LinuxSeccomp } from '#spec/oci-runtime/config.ts';
import { invalid, RETURN_ENOSYS } from './actions.ts';
import type { Libseccomp } from './libseccomp.ts';
import { rulesOf } from './rules.ts';
import { answerNewerCalls, type KnownCalls } from './unknown-calls.ts';

/** Linux takes no longer programs (BPF_MAXINSNS). */
const MAX_INSTRUCTIONS = 4096;
const X32 = 0x4000_003e;
const X86_64 = 0xc000_003e;
const X32_BIT = 0x4000_0000;

/** Whether calls that the filter does not know already pass, so that nothing is to be answered for them. */
const PASSING = new Set(['SCMP_ACT_ALLOW', 'SCMP_ACT_LOG', 'SCMP_ACT_TRACE']);

/**
 * Compiles a filter description. System call names that libseccomp does not know are left out, as other runtimes do: a profile
 * names calls of newer kernels than the library.
 *
 * @returns an array of struct sock_filter
 * @throws BerthError `invalid` for a bad description, `unsupported` for an architecture the library lacks or a program that is too long
 */
export function buildFilter(config: LinuxSeccomp, lib: Libseccomp): Uint8Array {
  const { defaultAction, rules } = rulesOf(config);
  const architectures = resolveArchitectures(config.architectures ?? [], lib);
  const builder = lib.createFilter(defaultAction);
  try {
    for (const architecture of architectures) builder.addArchitecture(architecture);
    for (const rule of rules) {
      const number = lib.resolveSyscall(rule.name);
      if (number !== -1) builder.addRule(rule.action, number, rule.conditions);
    }
    const filter = builder.export();
    const answersItself = PASSING.has(config.defaultAction) || defaultAction === RETURN_ENOSYS;
    const complete = answersItself ? filter : answerNewerCalls(filter, knownCalls(config, architectures, lib));
    requireLength(complete);
    return complete;
  } finally {
    builder.release();
  }
}

function resolveArchitectures(names: readonly string[], lib: Libseccomp): number[] {
  return names.map((name) => {
    if (!/^SCMP_ARCH_[A-Z0-9_]+$/.test(name)) throw invalid(`unknown architecture ${JSON.stringify(name)}`);
    const token = lib.resolveArchitecture(name.slice('SCMP_ARCH_'.length).toLowerCase());
    if (token === 0) {
      throw new BerthError(
        'unsupported',
        'seccomp.architecture',
        `the seccomp profile names the architecture ${name}, which libseccomp ${lib.version} does not know`,
      );
    }
    return token;
  });
}

function knownCalls(config: LinuxSeccomp, architectures: readonly number[], lib: Libseccomp): KnownCalls[] {
  const names = (config.syscalls ?? []).flatMap((entry) => entry.names);
  const tokens = new Set([lib.nativeArchitecture(), ...architectures]);
  return [...tokens].flatMap((token) => {
    const numbers = names.map((name) => lib.resolveSyscallOn(token, name)).filter((number) => number >= 0);
    if (numbers.length === 0) return [];
    const highest = numbers.reduce((a, b) => Math.max(a, b));
    // x32 calls come as x86_64 with a bit set in the number.
    if (token === X32) return [{ auditArch: X86_64, highest }];
    return [{ auditArch: token, highest, ...(token === X86_64 ? { below: X32_BIT } : {}) }];
  });
}

function requireLength(filter: Uint8Array): void {
  const count = filter.length / 8;
  if (count <= MAX_INSTRUCTIONS) return;
  throw new BerthError(
    'unsupported',
    'seccomp.too-long',
    `the seccomp profile compiles to ${count} instructions; Linux takes at most ${MAX_INSTRUCTIONS}`,
  );
}

import { CAPABILITIES } from '#spec/capabilities.ts';
import type { LinuxNamespaceType } from '#spec/oci-runtime/config.ts';
import type { Features } from '#spec/oci-runtime/features.ts';
import { OCI_VERSION } from '#spec/oci-runtime/state.ts';
import type { FlagValues } from '../cli/arguments.ts';
import { MEMORY_POLICIES, MEMORY_POLICY_FLAGS } from '../plan/linux-numbers.ts';
import { knownMountOptions } from '../plan/mount-options.ts';
import type { ExitStatus, RuntimeContext } from './runtime-context.ts';

const NAMESPACES: readonly LinuxNamespaceType[] = ['cgroup', 'ipc', 'mount', 'network', 'pid', 'time', 'user', 'uts'];
const ACTIONS = ['ALLOW', 'ERRNO', 'KILL', 'KILL_PROCESS', 'KILL_THREAD', 'LOG', 'NOTIFY', 'TRACE', 'TRAP'];
const OPERATORS = ['EQ', 'GE', 'GT', 'LE', 'LT', 'MASKED_EQ', 'NE'];
const ARCHITECTURES = [
  'AARCH64',
  'ARM',
  'LOONGARCH64',
  'M68K',
  'MIPS',
  'MIPS64',
  'MIPS64N32',
  'MIPSEL',
  'MIPSEL64',
  'MIPSEL64N32',
  'PARISC',
  'PARISC64',
  'PPC',
  'PPC64',
  'PPC64LE',
  'RISCV64',
  'S390',
  'S390X',
  'SH',
  'SHEB',
  'X32',
  'X86',
  'X86_64',
];
const FLAGS = ['LOG', 'SPEC_ALLOW', 'TSYNC', 'WAIT_KILLABLE_RECV'].map((name) => `SECCOMP_FILTER_FLAG_${name}`);

/** `features`: what this runtime knows, whatever the machine has (features.md). */
export async function features(context: RuntimeContext, _flags: FlagValues): Promise<ExitStatus> {
  context.print(`${JSON.stringify(featuresDocument(), undefined, 2)}\n`);
  return 0;
}

export function featuresDocument(): Features {
  return {
    ociVersionMin: '1.0.0',
    ociVersionMax: OCI_VERSION,
    hooks: ['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop'],
    mountOptions: knownMountOptions(),
    linux: {
      namespaces: NAMESPACES,
      capabilities: CAPABILITIES,
      cgroup: { v1: true, v2: true, systemd: false, systemdUser: false, rdma: true },
      seccomp: {
        enabled: true,
        actions: ACTIONS.map((name) => `SCMP_ACT_${name}`),
        operators: OPERATORS.map((name) => `SCMP_CMP_${name}`),
        archs: ARCHITECTURES.map((name) => `SCMP_ARCH_${name}`),
        knownFlags: FLAGS,
        supportedFlags: FLAGS,
      },
      apparmor: { enabled: true },
      selinux: { enabled: true },
      intelRdt: { enabled: false },
      netDevices: { enabled: true },
      memoryPolicy: { modes: Object.keys(MEMORY_POLICIES), flags: Object.keys(MEMORY_POLICY_FLAGS) },
      mountExtensions: { idmap: { enabled: true } },
    },
  };
}

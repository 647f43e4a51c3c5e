/** The values of `--platform`, as containerd's platform parser reads them. */
import { arch } from 'node:os';
import { BerthError } from '#base/errors.ts';

const PART = /^[A-Za-z0-9_.-]+$/;
const OS_PART = /^([A-Za-z0-9_-]+)(?:\(([A-Za-z0-9_.-]*)\))?$/;
const SYSTEMS: ReadonlySet<string> = new Set(
  'aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris windows zos'.split(
    ' ',
  ),
);
const ARCHITECTURES: ReadonlySet<string> = new Set(
  '386 amd64 amd64p32 arm armbe arm64 arm64be ppc64 ppc64le loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le ppc riscv riscv64 s390 s390x sparc sparc64 wasm'.split(
    ' ',
  ),
);
/** This machine's processor, as images name it. */
const OWN_ARCHITECTURE: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

export interface Platform {
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
}

type Cpu = Pick<Platform, 'architecture' | 'variant'>;

const cpu = (architecture: string, variant: string): Cpu =>
  variant === '' ? { architecture } : { architecture, variant };

/** One name for each processor; the variant that a name means by itself is left out. */
function normalCpu(typed: string, typedVariant: string): Cpu {
  const [architecture, variant] = [typed.toLowerCase(), typedVariant.toLowerCase()];
  switch (architecture) {
    case 'i386':
      return cpu('386', '');
    case 'x86_64':
    case 'x86-64':
    case 'amd64':
      return cpu('amd64', variant === 'v1' ? '' : variant);
    case 'aarch64':
    case 'arm64':
      return cpu('arm64', variant === '8' || variant === 'v8' ? '' : variant);
    case 'armhf':
      return cpu('arm', 'v7');
    case 'armel':
      return cpu('arm', 'v6');
    case 'arm':
      return cpu('arm', variant === '' ? 'v7' : /^[5678]$/.test(variant) ? `v${variant}` : variant);
    default:
      return cpu(architecture, variant);
  }
}

function withoutUsualArm(found: Cpu): Cpu {
  return found.architecture === 'arm' && found.variant === 'v7' ? cpu('arm', '') : found;
}

/**
 * Reads `os[/arch[/variant]]`, or an architecture alone.
 *
 * @throws invalid in the words of docker's client
 */
export function parsePlatform(text: string): Platform {
  const parts = text.split('/');
  const whole = JSON.stringify(text);
  const bad = (why: string) => new BerthError('invalid', 'cli.bad-platform', `${why}: invalid argument`);
  if (text.includes('*')) throw bad(`${whole}: wildcards not yet supported`);
  if (parts.length > 3) throw bad(`${whole}: cannot parse platform specifier`);
  for (const [i, part] of parts.entries()) {
    const [rule, what, name] = i === 0 ? [OS_PART, 'OS component', 'OSAndVersion'] : [PART, 'component', 'platform'];
    if (!rule.test(part))
      throw bad(
        `${JSON.stringify(part)} is an invalid ${what} of ${whole}: ${name} specifier component must match ${JSON.stringify(rule.source)}`,
      );
  }
  const [first = '', second, third] = parts;
  const lower = (OS_PART.exec(first)?.[1] ?? '').toLowerCase();
  const os = lower === 'macos' ? 'darwin' : lower;
  if (second !== undefined && third !== undefined) {
    const found = normalCpu(second, third);
    return { os, ...(found.architecture === 'arm64' && found.variant === undefined ? cpu('arm64', 'v8') : found) };
  }
  if (second !== undefined) return { os, ...withoutUsualArm(normalCpu(second, '')) };
  if (SYSTEMS.has(os)) return { os, architecture: OWN_ARCHITECTURE[arch()] ?? arch() };
  const found = withoutUsualArm(normalCpu(first, ''));
  if (ARCHITECTURES.has(found.architecture)) return { os: 'linux', ...found };
  throw bad(`${whole}: unknown operating system or architecture`);
}

/** `os/arch[/variant]` */
export function formatPlatform({ os, architecture, variant }: Platform): string {
  return variant === undefined ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`;
}

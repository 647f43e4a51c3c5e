import { BerthError } from '#base/errors.ts';

/** An operating system and a processor, in Go's words as the OCI specifications have them. */
export interface HostPlatform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

const ARCHITECTURES: Readonly<Record<string, { architecture: string; variant?: string }>> = {
  x64: { architecture: 'amd64' },
  x86_64: { architecture: 'amd64' },
  'x86-64': { architecture: 'amd64' },
  aarch64: { architecture: 'arm64', variant: 'v8' },
  arm64: { architecture: 'arm64', variant: 'v8' },
  armhf: { architecture: 'arm', variant: 'v7' },
  armel: { architecture: 'arm', variant: 'v6' },
  i386: { architecture: '386' },
  ia32: { architecture: '386' },
};

/** The systems and processors that Go knows, for what is one word. */
const SYSTEMS =
  'aix android darwin dragonfly freebsd illumos ios js linux macos netbsd openbsd plan9 solaris wasip1 windows'.split(
    ' ',
  );
const PROCESSORS =
  '386 amd64 arm arm64 loong64 mips mipsle mips64 mips64le ppc64 ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm'.split(
    ' ',
  );

/** The platform of this machine. */
export function hostPlatform(): HostPlatform {
  return { os: 'linux', ...(ARCHITECTURES[process.arch] ?? { architecture: process.arch }) };
}

/**
 * Reads `os[/architecture[/variant]]` or an architecture alone; what is missing is this machine's.
 *
 * @throws invalid with the words of Docker's platform parser
 */
export function parsePlatform(text: string | undefined): HostPlatform {
  const host = hostPlatform();
  if (text === undefined || text === '') return host;
  const parts = text.split('/');
  const bad = parts.find((part) => !/^[A-Za-z0-9_.-]+$/.test(part));
  if (bad !== undefined || parts.length > 3) {
    const words = `"${bad ?? text}" is an invalid component of "${text}": platform specifier component must match "^[A-Za-z0-9_.-]+$"`;
    throw new BerthError('invalid', 'platform.invalid', words);
  }
  const [first = '', second, third] = parts.map((part) => part.toLowerCase());
  if (second === undefined) {
    if (SYSTEMS.includes(first)) return { ...host, os: first === 'macos' ? 'darwin' : first };
    const known = normalArchitecture(first);
    if (!PROCESSORS.includes(known.architecture)) {
      const words = `${JSON.stringify(text)}: unknown operating system or architecture: invalid argument`;
      throw new BerthError('invalid', 'platform.invalid', words);
    }
    return { os: 'linux', ...known };
  }
  const known = normalArchitecture(second);
  return { os: first, ...known, ...(third === undefined ? {} : { variant: third }) };
}

/** Whether something for `platform` runs where `wanted` is asked for; a missing variant fits any. */
export function matchesPlatform(
  platform: { readonly os: string; readonly architecture: string; readonly variant?: string | undefined },
  wanted: HostPlatform,
): boolean {
  if (platform.os !== wanted.os) return false;
  const own = normalArchitecture(platform.architecture);
  if (own.architecture !== normalArchitecture(wanted.architecture).architecture) return false;
  const variant = platform.variant === undefined || platform.variant === '' ? own.variant : platform.variant;
  return variant === undefined || wanted.variant === undefined || variant === wanted.variant;
}

/** A platform as a key: the same for all spellings of one. */
export function platformKey({ os, architecture, variant }: HostPlatform): string {
  const own = normalArchitecture(architecture);
  return [os, own.architecture, variant || own.variant].filter((part) => part !== undefined && part !== '').join('/');
}

function normalArchitecture(name: string): { architecture: string; variant?: string } {
  return ARCHITECTURES[name] ?? { architecture: name };
}

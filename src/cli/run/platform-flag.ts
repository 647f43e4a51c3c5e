/** The value of `--platform`, `os[/arch[/variant]]`, as containerd reads it. */

const COMPONENT = /^[A-Za-z0-9_.-]+$/;
const OS = /^([A-Za-z0-9_-]+)(?:\(([A-Za-z0-9_.-]*)\))?$/;
const KNOWN_OS = new Set(
  'aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris windows zos'.split(
    ' ',
  ),
);
const KNOWN_ARCHITECTURES = new Set(
  '386 amd64 amd64p32 arm armbe arm64 arm64be ppc64 ppc64le loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le ppc riscv riscv64 s390 s390x sparc sparc64 wasm'.split(
    ' ',
  ),
);

function normalOs(os: string): string {
  const lower = os.toLowerCase();
  return lower === 'macos' ? 'darwin' : lower;
}

function normalArchitecture(given: string, givenVariant = ''): readonly [architecture: string, variant: string] {
  const [architecture, variant] = [given.toLowerCase(), givenVariant.toLowerCase()];
  switch (architecture) {
    case 'i386':
      return ['386', ''];
    case 'x86_64':
    case 'x86-64':
    case 'amd64':
      return ['amd64', variant === 'v1' ? '' : variant];
    case 'aarch64':
    case 'arm64':
      return ['arm64', variant === '8' || variant === 'v8' ? '' : variant];
    case 'armhf':
      return ['arm', 'v7'];
    case 'armel':
      return ['arm', 'v6'];
    case 'arm':
      if (variant === '' || variant === '7') return ['arm', 'v7'];
      return ['arm', /^[568]$/.test(variant) ? `v${variant}` : variant];
    default:
      return [architecture, variant];
  }
}

function hostArchitecture(): string {
  const names: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };
  return names[process.arch] ?? process.arch;
}

/**
 * @returns the platform in the form that the API takes, `linux/arm64/v8`
 * @throws Error in the words of containerd's parser
 */
export function parsePlatform(text: string): string {
  const parts = text.split('/');
  if (text.includes('*')) throw new Error(`${JSON.stringify(text)}: wildcards not yet supported: invalid argument`);
  if (parts.length > 3) throw new Error(`${JSON.stringify(text)}: cannot parse platform specifier: invalid argument`);
  const [first = '', second, third] = parts;
  if (!OS.test(first))
    throw new Error(
      `${JSON.stringify(first)} is an invalid OS component of ${JSON.stringify(text)}: OSAndVersion specifier component must match ${JSON.stringify(OS.source)}: invalid argument`,
    );
  for (const part of parts.slice(1))
    if (!COMPONENT.test(part))
      throw new Error(
        `${JSON.stringify(part)} is an invalid component of ${JSON.stringify(text)}: platform specifier component must match ${JSON.stringify(COMPONENT.source)}: invalid argument`,
      );
  if (second === undefined) {
    const os = normalOs(first);
    if (KNOWN_OS.has(os)) return `${os}/${hostArchitecture()}`;
    const [architecture, variant] = normalArchitecture(first);
    if (KNOWN_ARCHITECTURES.has(architecture))
      return ['linux', architecture, architecture === 'arm' && variant === 'v7' ? '' : variant]
        .filter(Boolean)
        .join('/');
    throw new Error(`${JSON.stringify(text)}: unknown operating system or architecture: invalid argument`);
  }
  const [architecture, variant] = normalArchitecture(second, third);
  const shown = third === undefined && architecture === 'arm' && variant === 'v7' ? '' : variant;
  const full = third !== undefined && architecture === 'arm64' && variant === '' ? 'v8' : shown;
  return [normalOs(first), architecture, full].filter(Boolean).join('/');
}

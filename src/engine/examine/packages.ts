import type { PackageEntry } from '#spec/docker-api/examine.ts';

/** Files that say what is installed, by their paths in an image (without the leading slash). */
export const PACKAGE_FILES = {
  apt: /^var\/lib\/dpkg\/(status|status\.d\/[^/]+)$/,
  apk: /^(usr\/)?lib\/apk\/db\/installed$/,
  rpm: /^(var\/lib|usr\/lib\/sysimage|usr\/share)\/rpm\/(rpmdb\.sqlite|Packages(\.db)?)$/,
  npm: /(^|\/)node_modules\/(@[^/]+\/)?[^/]+\/package\.json$/,
  pip: /\/[^/]+\.(dist-info\/METADATA|egg-info\/PKG-INFO)$/,
} as const;

export type PackageKind = keyof typeof PACKAGE_FILES;

/** The installed packages that a file of text tells of. What cannot be read tells of none. */
export function readPackages(kind: Exclude<PackageKind, 'rpm'>, text: string): PackageEntry[] {
  switch (kind) {
    case 'apt':
      return readDpkgStatus(text);
    case 'apk':
      return readApkInstalled(text);
    case 'npm':
      return readPackageJson(text);
    case 'pip':
      return readMetadata(text);
  }
}

/** dpkg's `status`: paragraphs of fields, deb822(5). `Installed-Size` is in KiB. */
function readDpkgStatus(text: string): PackageEntry[] {
  return text.split(/\n\n+/).flatMap((paragraph) => {
    const field = (name: string) => new RegExp(`^${name}: *(.*)$`, 'mi').exec(paragraph)?.[1]?.trim();
    const name = field('Package');
    const version = field('Version');
    const status = field('Status');
    const isInstalled = status === undefined || status.endsWith(' installed');
    if (name === undefined || version === undefined || !isInstalled) return [];
    const size = field('Installed-Size');
    return [{ Name: name, Version: version, Size: size === undefined ? -1 : Number(size) * 1024 }];
  });
}

/** apk's `installed`: paragraphs of lines `LETTER:VALUE`. */
function readApkInstalled(text: string): PackageEntry[] {
  return text.split(/\n\n+/).flatMap((paragraph) => {
    const field = (letter: string) => new RegExp(`^${letter}:(.*)$`, 'm').exec(paragraph)?.[1];
    const name = field('P');
    const version = field('V');
    if (name === undefined || version === undefined) return [];
    return [{ Name: name, Version: version, Size: Number(field('I') ?? -1) }];
  });
}

function readPackageJson(text: string): PackageEntry[] {
  try {
    const { name, version } = JSON.parse(text) as { name?: unknown; version?: unknown };
    if (typeof name !== 'string' || typeof version !== 'string') return [];
    return [{ Name: name, Version: version, Size: -1 }];
  } catch {
    return [];
  }
}

/** Python's core metadata: the fields before the first empty line. */
function readMetadata(text: string): PackageEntry[] {
  const head = text.replaceAll('\r\n', '\n').split('\n\n', 1)[0] ?? '';
  const name = /^Name: *(.+)$/m.exec(head)?.[1];
  const version = /^Version: *(.+)$/m.exec(head)?.[1];
  return name === undefined || version === undefined ? [] : [{ Name: name.trim(), Version: version.trim(), Size: -1 }];
}

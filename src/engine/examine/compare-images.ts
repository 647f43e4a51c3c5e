import type { DiffKind, ImageDiff, ImageFile, PackageEntry } from '#spec/docker-api/examine.ts';
import type { ImageHistoryItem, ImageInspect } from '#spec/docker-api/images.ts';
import type { PackageKind } from './packages.ts';

/** What is known of one of two images. */
export interface Examined {
  readonly files: readonly ImageFile[];
  readonly inspect: ImageInspect;
  readonly history: readonly ImageHistoryItem[];
  readonly packages: Readonly<Record<PackageKind, readonly PackageEntry[]>>;
}

const PACKAGE_TYPES = { apt: 'Apt', rpm: 'Rpm', apk: 'Apk', npm: 'Node', pip: 'Pip' } as const;

/** What the second image has other than the first, in one respect. */
export function compareImages(kind: DiffKind, a: Examined, b: Examined): ImageDiff {
  switch (kind) {
    case 'file':
      return { DiffType: 'File', Diff: compareFiles(a.files, b.files) };
    case 'size':
      return {
        DiffType: 'Size',
        Diff: a.inspect.Size === b.inspect.Size ? [] : [{ Name: '*', Size1: a.inspect.Size, Size2: b.inspect.Size }],
      };
    case 'history':
      return { DiffType: 'History', Diff: compareLines(historyLines(a), historyLines(b)) };
    case 'metadata':
      return { DiffType: 'Metadata', Diff: compareLines(metadataLines(a.inspect), metadataLines(b.inspect)) };
    default:
      return { DiffType: PACKAGE_TYPES[kind], Diff: comparePackages(a.packages[kind], b.packages[kind]) };
  }
}

function compareFiles(a: readonly ImageFile[], b: readonly ImageFile[]) {
  const first = new Map(a.map((file) => [file.Path, file]));
  const second = new Map(b.map((file) => [file.Path, file]));
  const entry = ({ Path, Size }: ImageFile) => ({ Name: Path, Size });
  return {
    Adds: b.filter(({ Path }) => !first.has(Path)).map(entry),
    Dels: a.filter(({ Path }) => !second.has(Path)).map(entry),
    Mods: a.flatMap((file) => {
      const other = second.get(file.Path);
      if (other === undefined || isSame(file, other)) return [];
      return [{ Name: file.Path, Size1: file.Size, Size2: other.Size }];
    }),
  };
}

function isSame(a: ImageFile, b: ImageFile): boolean {
  const keys = ['Type', 'Size', 'Mode', 'Uid', 'Gid', 'Link', 'Digest'] as const;
  return keys.every((key) => a[key] === b[key]);
}

function compareLines(a: readonly string[], b: readonly string[]) {
  return { Adds: b.filter((line) => !a.includes(line)), Dels: a.filter((line) => !b.includes(line)) };
}

function historyLines({ history }: Examined): string[] {
  return [...history].reverse().map(({ CreatedBy }) => CreatedBy);
}

function metadataLines({ Architecture, Os, Config }: ImageInspect): string[] {
  const config = Object.entries(Config ?? {}).filter(([, value]) => value !== null && value !== undefined);
  return [
    `Architecture: ${Architecture}`,
    `Os: ${Os}`,
    ...config.map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`),
  ];
}

function comparePackages(a: readonly PackageEntry[], b: readonly PackageEntry[]) {
  const key = ({ Name, Version }: PackageEntry) => `${Name} ${Version}`;
  const same = new Set(a.map(key).filter((each) => b.some((other) => key(other) === each)));
  const onlyA = a.filter((entry) => !same.has(key(entry)));
  const onlyB = b.filter((entry) => !same.has(key(entry)));
  const info = ({ Version, Size }: PackageEntry) => ({ Version, Size });
  const pairs = onlyA.flatMap((one) => {
    const others = onlyB.filter(({ Name }) => Name === one.Name);
    const isPair = others.length === 1 && onlyA.filter(({ Name }) => Name === one.Name).length === 1;
    return isPair ? [{ Package: one.Name, Info1: info(one), Info2: info(others[0]!) }] : [];
  });
  const paired = new Set(pairs.map(({ Package }) => Package));
  return {
    Packages1: onlyA.filter(({ Name }) => !paired.has(Name)),
    Packages2: onlyB.filter(({ Name }) => !paired.has(Name)),
    InfoDiff: pairs,
  };
}

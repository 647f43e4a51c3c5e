/** What Berth's own endpoints tell of the inside of images. Types only. */

/** A file as the topmost layer that has it has it. Paths are absolute. */
export interface ImageFile {
  readonly Path: string;
  readonly Type: 'file' | 'hardlink' | 'symlink' | 'char' | 'block' | 'directory' | 'fifo';
  /** Bytes. */
  readonly Size: number;
  /** Permission bits. */
  readonly Mode: number;
  readonly Uid: number;
  readonly Gid: number;
  /** Target of a link. */
  readonly Link?: string;
  /** Of the content, of files only. */
  readonly Digest?: string;
  /** Which layer it comes from, 0 is the lowest. */
  readonly Layer: number;
}

export interface ImageLayerReport {
  readonly DiffId: string;
  readonly CreatedBy: string;
  /** Bytes of its files. */
  readonly Size: number;
  readonly Files: number;
  /** Names of other images that have it too. */
  readonly SharedWith: readonly string[];
}

/** Bytes that are in the image and that no container sees. */
export interface WastedPath {
  readonly Path: string;
  /** Layers that have it. */
  readonly Count: number;
  readonly Bytes: number;
}

export interface ImageTreeReport {
  readonly Id: string;
  readonly Layers: readonly ImageLayerReport[];
  /** Bytes of files in all layers. */
  readonly Size: number;
  readonly SharedBytes: number;
  readonly WastedBytes: number;
  /** Most bytes first. */
  readonly Wasted: readonly WastedPath[];
  /** 1: every byte is seen. */
  readonly Efficiency: number;
}

export type DiffKind = 'file' | 'size' | 'history' | 'metadata' | 'apt' | 'rpm' | 'apk' | 'npm' | 'pip';

export interface DiffEntry {
  readonly Name: string;
  /** Bytes; -1 where there is no size. */
  readonly Size: number;
}

/** A package; several versions of one name can be installed. */
export interface PackageEntry {
  readonly Name: string;
  readonly Version: string;
  /** Bytes; -1 when the package does not say. */
  readonly Size: number;
}

export interface PackageChange {
  readonly Package: string;
  readonly Info1: { readonly Version: string; readonly Size: number };
  readonly Info2: { readonly Version: string; readonly Size: number };
}

export type ImageDiff =
  | {
      readonly DiffType: 'File';
      readonly Diff: {
        readonly Adds: readonly DiffEntry[];
        readonly Dels: readonly DiffEntry[];
        readonly Mods: readonly { readonly Name: string; readonly Size1: number; readonly Size2: number }[];
      };
    }
  | {
      readonly DiffType: 'Size';
      readonly Diff: readonly { readonly Name: string; readonly Size1: number; readonly Size2: number }[];
    }
  | {
      readonly DiffType: 'History' | 'Metadata';
      readonly Diff: { readonly Adds: readonly string[]; readonly Dels: readonly string[] };
    }
  | {
      readonly DiffType: 'Apt' | 'Rpm' | 'Apk' | 'Node' | 'Pip';
      readonly Diff: {
        readonly Packages1: readonly PackageEntry[];
        readonly Packages2: readonly PackageEntry[];
        readonly InfoDiff: readonly PackageChange[];
      };
    };

export type ImageDiffReport = ImageDiff & { readonly Image1: string; readonly Image2: string };

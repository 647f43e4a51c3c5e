export type TarEntryType = 'file' | 'hardlink' | 'symlink' | 'char' | 'block' | 'directory' | 'fifo';

/** A run of data in a sparse file; everything between runs is zero. */
export interface SparseRun {
  readonly offset: number;
  readonly size: number;
}

/** One member of a tar archive, all header forms resolved. Names are byte text, see byte-text.ts. */
export interface TarEntry {
  readonly type: TarEntryType;
  /** As in the archive: not cleaned, not checked. */
  readonly path: string;
  /** Target of a symbolic or hard link. */
  readonly linkPath: string;
  /** Bytes of the file when read, holes included; 0 for everything but files. */
  readonly size: number;
  /** Permission bits with set-id and sticky, 0 to 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly userName: string;
  readonly groupName: string;
  readonly mtimeSeconds: number;
  /** 0 to 999,999,999. */
  readonly mtimeNanos: number;
  readonly devMajor: number;
  readonly devMinor: number;
  /** Extended attributes by name. */
  readonly xattrs: ReadonlyMap<string, Uint8Array> | undefined;
  /** The data that follows is these runs one after the other; undefined when it is the whole file. */
  readonly sparse: readonly SparseRun[] | undefined;
}

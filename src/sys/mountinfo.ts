import { readFileSync } from 'node:fs';

/** One line of /proc/PID/mountinfo, see proc_pid_mountinfo(5). */
export interface MountEntry {
  readonly id: number;
  readonly parentId: number;
  /** `major:minor` of the file system. */
  readonly device: string;
  /** The directory of the file system that is mounted here. */
  readonly root: string;
  readonly mountPoint: string;
  readonly options: readonly string[];
  /** `shared:N`, `master:N`, `propagate_from:N`, `unbindable`. */
  readonly propagation: readonly string[];
  readonly type: string;
  readonly source: string;
  readonly superOptions: readonly string[];
}

/**
 * Parses the text of a mountinfo file.
 *
 * @throws Error for a line that does not have the documented form
 */
export function parseMountInfo(text: string): MountEntry[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map(parseLine);
}

/** The mounts of a process (default: of this one), in the kernel's order: a later one may cover an earlier one. */
export function readMountInfo(pid: number | 'self' = 'self'): MountEntry[] {
  return parseMountInfo(readFileSync(`/proc/${pid}/mountinfo`, 'utf8'));
}

function parseLine(line: string): MountEntry {
  const words = line.split(' ');
  const separator = words.indexOf('-', 6);
  const [id, parentId, device, root, mountPoint, options] = words;
  const [type, source, superOptions] = words.slice(separator + 1);
  if (separator < 0 || id === undefined || parentId === undefined || type === undefined || options === undefined) {
    throw new Error(`mountinfo has a line of unknown form: ${line}`);
  }
  return {
    id: Number(id),
    parentId: Number(parentId),
    device: device ?? '',
    root: unescapeOctal(root ?? ''),
    mountPoint: unescapeOctal(mountPoint ?? ''),
    options: options.split(','),
    propagation: words.slice(6, separator),
    type,
    source: unescapeOctal(source ?? ''),
    superOptions: (superOptions ?? '').split(','),
  };
}

/** Blank, tab, newline and backslash are written as three octal digits. */
function unescapeOctal(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

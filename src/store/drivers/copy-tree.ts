import {
  chmodFd,
  chmodPathFd,
  chownAt,
  chownFd,
  closeFd,
  linkAt,
  mkdirAt,
  mknodAt,
  openAt,
  readLinkAt,
  setTimesAt,
  setTimesFd,
  symlinkAt,
} from '#sys/files/at-calls.ts';
import { copyData } from '#sys/files/copy-data.ts';
import {
  AT_FDCWD,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_PATH,
  O_RDONLY,
  O_WRONLY,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
} from '#sys/files/flags.ts';
import { listDirectory } from '#sys/files/list-directory.ts';
import { type FileStat, statAt, statFd } from '#sys/files/stat-at.ts';
import { readXattrsAt, setXattrAt } from '#sys/files/xattrs.ts';

/** Copies everything in one directory into another that is empty: owners, modes, times, attributes, holes and hard links too. */
export function copyTree(job: { readonly from: string; readonly to: string }): void {
  const from = openAt(AT_FDCWD, job.from, O_RDONLY | O_DIRECTORY);
  try {
    const to = openAt(AT_FDCWD, job.to, O_RDONLY | O_DIRECTORY);
    try {
      const root = openAt(to, '.', O_RDONLY | O_DIRECTORY);
      try {
        new TreeCopy(root).copyDirectory(from, to, '', statFd(from));
      } finally {
        closeFd(root);
      }
    } finally {
      closeFd(to);
    }
  } finally {
    closeFd(from);
  }
}

/** One copy: knows where the first name of every file with several names went. */
class TreeCopy {
  readonly #root: number;
  readonly #linked = new Map<string, string>();

  constructor(root: number) {
    this.#root = root;
  }

  copyDirectory(from: number, to: number, path: string, stat: FileStat): void {
    for (const name of listDirectory(from)) this.#copy(from, to, name, path === '' ? name : `${path}/${name}`);
    chownFd(to, stat.uid, stat.gid);
    chmodFd(to, stat.mode & 0o7777);
    this.#copyXattrs(from, '.', to, '.');
    setTimesFd(to, stat.mtimeSeconds, stat.mtimeNanos);
  }

  #copy(from: number, to: number, name: string, path: string): void {
    const stat = statAt(from, name);
    const type = stat.mode & S_IFMT;
    if (type === S_IFDIR) {
      this.#copySubdirectory(from, to, name, path, stat);
      return;
    }
    if (type === S_IFSOCK) return;
    if (stat.links > 1) {
      const key = `${stat.device}:${stat.inode}`;
      const first = this.#linked.get(key);
      if (first !== undefined) {
        linkAt(this.#root, first, to, name);
        return;
      }
      this.#linked.set(key, path);
    }
    if (type === S_IFREG) this.#copyFile(from, to, name, stat);
    else if (type === S_IFLNK) symlinkAt(readLinkAt(from, name), to, name);
    else this.#copyNode(to, name, stat);
    if (type !== S_IFREG) {
      chownAt(to, name, stat.uid, stat.gid);
      this.#copyXattrs(from, name, to, name);
    }
    setTimesAt(to, name, stat.mtimeSeconds, stat.mtimeNanos);
  }

  #copySubdirectory(from: number, to: number, name: string, path: string, stat: FileStat): void {
    mkdirAt(to, name, 0o700);
    const source = openAt(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    try {
      const target = openAt(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      try {
        this.copyDirectory(source, target, path, stat);
      } finally {
        closeFd(target);
      }
    } finally {
      closeFd(source);
    }
  }

  #copyFile(from: number, to: number, name: string, stat: FileStat): void {
    const source = openAt(from, name, O_RDONLY | O_NOFOLLOW);
    try {
      const target = openAt(to, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, 0o600);
      try {
        copyData(source, target, stat.size);
        chownFd(target, stat.uid, stat.gid);
        chmodFd(target, stat.mode & 0o7777);
        this.#copyXattrs(from, name, to, name);
      } finally {
        closeFd(target);
      }
    } finally {
      closeFd(source);
    }
  }

  #copyNode(to: number, name: string, stat: FileStat): void {
    mknodAt(to, name, (stat.mode & S_IFMT) | 0o600, stat.devMajor, stat.devMinor);
    const fd = openAt(to, name, O_PATH | O_NOFOLLOW);
    try {
      chmodPathFd(fd, stat.mode & 0o7777);
    } finally {
      closeFd(fd);
    }
  }

  #copyXattrs(from: number, name: string, to: number, target: string): void {
    for (const [key, value] of readXattrsAt(from, name, () => true) ?? []) setXattrAt(to, target, key, value);
  }
}

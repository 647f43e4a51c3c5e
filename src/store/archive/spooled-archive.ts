import { BerthError } from '#base/errors.ts';
import { splitPath } from '#spec/tar/clean-path.ts';

/** A member of an image archive, its data in a temporary file. */
export interface SpooledMember {
  /** Cleaned path, byte text. */
  readonly path: string;
  /** File with the data; undefined for links. */
  readonly file: string | undefined;
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  /** Target of a link, relative to the archive's root, cleaned. */
  readonly link: string | undefined;
}

const LINKS_MAX = 16;

/** The members of an image archive by path. */
export class SpooledArchive {
  readonly #members: ReadonlyMap<string, SpooledMember>;

  constructor(members: readonly SpooledMember[]) {
    this.#members = new Map(members.map((member) => [member.path, member]));
  }

  has(path: string): boolean {
    return this.#members.has(path);
  }

  /** Paths in the order of the archive. */
  paths(): string[] {
    return [...this.#members.keys()];
  }

  /** A file, through links inside the archive. @throws invalid when there is none */
  file(path: string): SpooledMember & { readonly file: string } {
    let at = path;
    for (let i = 0; i < LINKS_MAX; i++) {
      const member = this.#members.get(at);
      if (member === undefined) break;
      if (member.file !== undefined) return { ...member, file: member.file };
      at = member.link ?? '';
    }
    throw new BerthError('invalid', 'archive.missing', `invalid archive: it holds no file ${JSON.stringify(path)}`);
  }
}

/** Target of a symbolic link in an archive as a path of the archive; undefined when it leads out. */
export function resolveLink(path: string, target: string): string | undefined {
  if (target.startsWith('/')) return undefined;
  const parts = splitPath(path)
    .directory.split('/')
    .filter((part) => part !== '');
  for (const part of target.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join('/');
}

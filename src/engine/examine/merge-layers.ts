import type { ImageFile, WastedPath } from '#spec/docker-api/examine.ts';
import type { LayerMember } from '#store/examine/list-members.ts';

export interface MergedLayers {
  /** What a container sees, in order of path. */
  readonly files: readonly ImageFile[];
  /** Bytes that are there and that it does not see, most first. */
  readonly wasted: readonly WastedPath[];
}

const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';

/**
 * Lays layers over one another (OCI image specification, "layer.md"). A file that a higher layer replaces or removes is wasted in
 * the lower one; of a path that several layers have, all but the last one's bytes count.
 *
 * @param layers lowest first
 */
export function mergeLayers(layers: readonly (readonly LayerMember[])[]): MergedLayers {
  const seen = new Map<string, ImageFile>();
  const waste = new Map<string, { count: number; bytes: number }>();
  const lose = (path: string) => {
    const file = seen.get(path);
    if (file === undefined) return;
    seen.delete(path);
    if (file.Type !== 'file') return;
    const before = waste.get(path) ?? { count: 1, bytes: 0 };
    waste.set(path, { count: before.count, bytes: before.bytes + file.Size });
  };
  const loseBelow = (directory: string, isOlder: (file: ImageFile) => boolean) => {
    const start = directory === '' ? '' : `${directory}/`;
    for (const [path, file] of seen) if (path.startsWith(start) && isOlder(file)) lose(path);
  };
  for (const [index, members] of layers.entries()) {
    const isOlder = (file: ImageFile) => file.Layer < index;
    for (const member of members) {
      const slash = member.path.lastIndexOf('/');
      const name = member.path.slice(slash + 1);
      const directory = slash < 0 ? '' : member.path.slice(0, slash);
      if (name === OPAQUE) loseBelow(directory, isOlder);
      else if (name.startsWith(WHITEOUT)) {
        const gone = directory === '' ? name.slice(WHITEOUT.length) : `${directory}/${name.slice(WHITEOUT.length)}`;
        const before = seen.get(gone);
        if (before?.Layer !== index) lose(gone);
        if (before === undefined || before.Type === 'directory') loseBelow(gone, isOlder);
      } else if (member.path !== '' && member.path !== '.') {
        const before = seen.get(member.path);
        if (before !== undefined && before.Layer < index) {
          lose(member.path);
          if (before.Type === 'directory' && member.type !== 'directory') loseBelow(member.path, isOlder);
          const lost = waste.get(member.path);
          if (lost !== undefined) lost.count += 1;
        }
        seen.set(member.path, fileOf(member, index));
      }
    }
  }
  const files = [...seen.values()].sort((a, b) => (a.Path < b.Path ? -1 : 1));
  const wasted = [...waste].map(([path, { count, bytes }]) => ({ Path: `/${path}`, Count: count, Bytes: bytes }));
  wasted.sort((a, b) => b.Bytes - a.Bytes || (a.Path < b.Path ? -1 : 1));
  return { files, wasted: wasted.filter(({ Bytes }) => Bytes > 0) };
}

function fileOf({ path, type, size, mode, uid, gid, link, digest }: LayerMember, layer: number): ImageFile {
  return {
    Path: `/${path}`,
    Type: type,
    Size: size,
    Mode: mode,
    Uid: uid,
    Gid: gid,
    ...(link === '' ? {} : { Link: type === 'hardlink' ? `/${link}` : link }),
    ...(digest === undefined ? {} : { Digest: digest }),
    Layer: layer,
  };
}

/** Follows links inside the image. @returns undefined when it leads nowhere or in circles */
export function findFile(files: readonly ImageFile[], path: string): ImageFile | undefined {
  const byPath = new Map(files.map((file) => [file.Path, file]));
  let rest = path.split('/').filter((part) => part !== '' && part !== '.');
  let at = '';
  for (let hops = 0; rest.length > 0; ) {
    const [part, ...more] = rest;
    rest = more;
    if (part === '..') {
      at = at.slice(0, Math.max(0, at.lastIndexOf('/')));
      continue;
    }
    const next = `${at}/${part}`;
    const file = byPath.get(next);
    if (file?.Type !== 'symlink') {
      at = next;
      continue;
    }
    if (++hops > 40) return undefined;
    const target = file.Link ?? '';
    if (target.startsWith('/')) at = '';
    rest = [...target.split('/').filter((each) => each !== '' && each !== '.'), ...more];
  }
  const found = byPath.get(at);
  return found?.Type === 'hardlink' ? byPath.get(found.Link ?? '') : found;
}

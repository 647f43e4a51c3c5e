import { readdirSync } from 'node:fs';
import { isErrno } from '#base/errors.ts';
import { lineage } from './cgroup-plan.ts';
import { groupDir, type Hierarchy, type ReadText, readTextIfPresent } from './host.ts';

/** What planning looks at in the kernel's files; replaced in unit tests. */
export interface CgroupProbe {
  readonly read: ReadText;
  /** Names of the sub-directories, none when the directory does not exist. */
  readonly children: (path: string) => readonly string[];
}

export const systemProbe: CgroupProbe = { read: readTextIfPresent, children: childDirectories };

function childDirectories(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}

/**
 * Whether a group other than the root has a control file on this kernel. The root lacks most of them, so an existing group is
 * asked: an ancestor of the planned one, or any other.
 *
 * @returns `undefined` when there is no group to ask
 */
export function groupHasFile(
  hierarchy: Hierarchy,
  path: string,
  controller: string,
  file: string,
  version: 1 | 2,
  probe: CgroupProbe,
): boolean | undefined {
  const nearby = lineage(path).reverse();
  const others = probe.children(hierarchy.mountPoint).map((name) => `/${name}`);
  for (const group of [...nearby, ...others]) {
    const dir = groupDir(hierarchy, group);
    const marker = probe.read(`${dir}/${version === 1 ? 'notify_on_release' : 'cgroup.controllers'}`);
    if (marker === undefined) continue;
    if (version === 2 && !marker.split(/\s+/).includes(controller)) continue;
    return probe.read(`${dir}/${file}`) !== undefined;
  }
  return undefined;
}

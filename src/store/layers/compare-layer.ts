import { showByteText, toByteText } from '#spec/tar/byte-text.ts';
import { closeFd, openAt } from '#sys/files/at-calls.ts';
import { AT_FDCWD, O_DIRECTORY, O_RDONLY } from '#sys/files/flags.ts';
import { findChanges } from './find-changes.ts';

/** The first difference between two directories that should be alike, in words; undefined when there is none. Runs in a worker. */
export function compareLayer(job: { readonly layer: string; readonly fresh: string }): string | undefined {
  const layer = openAt(AT_FDCWD, toByteText(job.layer), O_RDONLY | O_DIRECTORY);
  try {
    const fresh = openAt(AT_FDCWD, toByteText(job.fresh), O_RDONLY | O_DIRECTORY);
    try {
      const [change] = findChanges(layer, fresh, 'copy').filter(({ kind, stat }) => kind !== 0 || !isParent(stat.mode));
      if (change === undefined) return undefined;
      const what = ['is changed', 'is not in the archive', 'is missing'][change.kind];
      return `${JSON.stringify(`/${showByteText(change.path)}`)} ${what}`;
    } finally {
      closeFd(fresh);
    }
  } finally {
    closeFd(layer);
  }
}

/** Directories that the archive does not list get their looks from layers below, so they may differ. */
function isParent(mode: number): boolean {
  return (mode & 0o170000) === 0o040000;
}

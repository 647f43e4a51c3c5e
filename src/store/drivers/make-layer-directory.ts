import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { spreadDirectories } from '#sys/files/spread-directories.ts';

/** Makes the directory that a layer is unpacked into. Runs in a worker. */
export function makeLayerDirectory({ target }: { readonly target: string }): void {
  spreadDirectories(dirname(target));
  mkdirSync(target, { mode: 0o755 });
}

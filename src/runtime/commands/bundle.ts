import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { BerthError, isErrno } from '#base/errors.ts';
import type { OciConfig } from '#spec/oci-runtime/config.ts';
import { parseJsonExactly, parseOciConfig } from '#spec/oci-runtime/parse-config.ts';

/** A bundle as read from the disk. */
export interface Bundle {
  /** Absolute. */
  readonly path: string;
  readonly config: OciConfig;
  /** Absolute directory of the root file system. */
  readonly rootfs: string;
}

/**
 * Reads a bundle (bundle.md).
 *
 * @param configFile absolute, or relative to the bundle
 * @throws BerthError `not-found` without a config.json or a root, `invalid` for a wrong config.json
 */
export function readBundle(directory: string, configFile = 'config.json'): Bundle {
  const path = resolve(directory);
  const config = parseOciConfig(parseJsonExactly(readConfig(resolve(path, configFile))));
  if (config.root === undefined) {
    throw new BerthError('invalid', 'oci-config.invalid', 'config.json: root: is required');
  }
  const rootfs = resolve(path, config.root.path);
  const stat = statSync(rootfs, { throwIfNoEntry: false });
  if (stat === undefined || !stat.isDirectory()) {
    throw new BerthError('not-found', 'bundle.no-root', `invalid rootfs: ${rootfs}: no such directory`);
  }
  return { path, config, rootfs };
}

function readConfig(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTDIR')) throw error;
    throw new BerthError('not-found', 'bundle.no-config', `JSON specification file ${path} not found`, {
      cause: error,
    });
  }
}

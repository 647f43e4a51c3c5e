import { join } from 'node:path';

/** Where things lie below the root. Content keys are digests or chain ids, `sha256:HEX`. */
export interface StorePaths {
  readonly root: string;
  readonly blobs: string;
  /** Unfinished files and directories, named after the process that makes them; and what is about to be deleted. */
  readonly temporary: string;
  readonly containers: string;
  /** Blobs that have not all come yet. */
  readonly downloads: string;
  blob(digest: string): string;
  download(digest: string): string;
  layers(driver: string): string;
  layer(driver: string, chainId: string): string;
  container(id: string): string;
}

export function storePaths(root: string): StorePaths {
  const blobs = join(root, 'blobs', 'sha256');
  const containers = join(root, 'containers');
  const downloads = join(root, 'downloads');
  return {
    root,
    blobs,
    temporary: join(root, 'tmp'),
    containers,
    downloads,
    download: (digest) => join(downloads, hex(digest)),
    blob: (digest) => join(blobs, hex(digest)),
    layers: (driver) => join(root, 'layers', driver),
    layer: (driver, chainId) => join(root, 'layers', driver, hex(chainId)),
    container: (id) => join(containers, id),
  };
}

function hex(key: string): string {
  const match = /^sha256:([a-f0-9]{64})$/.exec(key);
  if (match === null) throw new Error(`not a sha256 digest: ${key}`);
  return match[1]!;
}

/** A registry with a few images that a killed daemon pulls. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { openDistribution } from '#distribution/open-distribution.ts';
import type { Core } from '#engine/open-core.ts';
import { parseReference } from '#spec/reference.ts';

/** Enough to be cut in the middle. */
const BYTES = 400_000;
const FILES = 20;

/** A tar of a few files that nothing compresses. */
function someTar(scratch: string, name: string): Buffer {
  const folder = join(scratch, name);
  mkdirSync(join(folder, 'data'), { recursive: true });
  for (let i = 0; i < FILES; i++) writeFileSync(join(folder, 'data', `${i}`), randomBytes(BYTES / FILES));
  return execFileSync('tar', ['-C', folder, '-c', '--numeric-owner', '.'], { maxBuffer: 1 << 26 });
}

/**
 * Pushes so many images, and takes them out of the engine that made them.
 *
 * @param host of the registry
 * @returns their names
 */
export async function fillRegistry(core: Core, host: string, scratch: string, count: number): Promise<string[]> {
  const distribution = openDistribution({ store: core.store, env: {}, userAgent: 'berth-test' });
  const signal = new AbortController().signal;
  const names: string[] = [];
  for (let i = 0; i < count; i++) {
    const name = `${host}/chaos/image${i}:1`;
    const tar = someTar(scratch, `image${i}`);
    await core.store.importRootfs(Readable.from([tar], { objectMode: false }), { reference: name });
    await distribution.push(parseReference(name), { credential: undefined, signal, report: () => undefined });
    await core.store.removeImage(name, () => [], { force: true });
    names.push(name);
  }
  return names;
}

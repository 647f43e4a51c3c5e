import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BerthError } from '#base/errors.ts';

/**
 * Path of the init program that `--init` mounts into containers: `dist/init` of this package, found upwards from this file.
 *
 * @throws unavailable when it was not built
 */
export function initProgramPath(): string {
  for (let dir = dirname(fileURLToPath(import.meta.url)); ; dir = dirname(dir)) {
    const candidate = join(dir, 'dist', 'init');
    if (existsSync(candidate)) return candidate;
    if (dir === dirname(dir)) break;
  }
  throw new BerthError('unavailable', 'init.missing', 'the init program dist/init does not exist', {
    hint: 'build it with: npm run build',
  });
}

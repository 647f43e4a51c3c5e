import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BerthError } from '#base/errors.ts';

/**
 * Path of the keeper program: `$BERTH_KEEPER`, else `dist/keeper` of this package (found upwards from this file, so that
 * it works from the sources and from a bundle in `dist/`).
 *
 * @throws BerthError unavailable when it was not built
 */
export function keeperPath(): string {
  const override = process.env['BERTH_KEEPER'];
  if (override) return override;
  for (let dir = dirname(fileURLToPath(import.meta.url)); ; dir = dirname(dir)) {
    const candidate = join(dir, 'dist', 'keeper');
    if (existsSync(candidate)) return candidate;
    if (dir === dirname(dir)) break;
  }
  throw new BerthError('unavailable', 'keeper.missing', 'the keeper program dist/keeper does not exist', {
    hint: 'build it with: npm run build',
  });
}

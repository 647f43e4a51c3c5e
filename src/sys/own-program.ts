import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BerthError } from '#base/errors.ts';

/** A file of this package, found upwards from this one, so that it works from the sources and from a bundle in `dist/`. */
function findInPackage(path: string): string | undefined {
  for (let dir = import.meta.dirname; ; dir = dirname(dir)) {
    const candidate = join(dir, path);
    if (existsSync(candidate)) return candidate;
    if (dir === dirname(dir)) return undefined;
  }
}

/** Path of a file that the build puts into `dist/`, whether it exists or not. */
export function builtFile(name: string): string {
  const path = join('dist', name);
  return findInPackage(path) ?? path;
}

/** Where they were found: a process that stays asks at every start. */
const found = new Map<string, string>();

/**
 * Path of one of the programs that the build makes of `native/`: what `BERTH_<NAME>` says, else `dist/<name>` of this package.
 *
 * @param name for example `keeper`
 * @throws BerthError unavailable `<name>.missing` when it was not built
 */
export function ownProgram(name: 'keeper' | 'resolver' | 'init' | 'probe'): string {
  const wished = process.env[`BERTH_${name.toUpperCase()}`];
  if (wished) return wished;
  const path = found.get(name) ?? findInPackage(join('dist', name));
  if (path !== undefined) {
    found.set(name, path);
    return path;
  }
  throw new BerthError('unavailable', `${name}.missing`, `the program dist/${name} does not exist`, {
    hint: 'build it with: npm run build',
  });
}

/**
 * Path of `bin/berth`, for processes that something else starts later.
 *
 * @throws BerthError unavailable when the package is not whole
 */
export function launcherPath(): string {
  const path = findInPackage('bin/berth');
  if (path === undefined)
    throw new BerthError('unavailable', 'launcher.missing', 'the launcher bin/berth does not exist');
  return path;
}

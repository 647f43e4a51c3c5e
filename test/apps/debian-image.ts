/** Images of Debian with packages, made by Berth itself and kept between runs, as making one takes minutes. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Kept between runs. */
export const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'berth', 'apps');

export interface DebianImage {
  /** Debian's release, `bookworm`. */
  readonly suite: string;
  readonly packages: readonly string[];
  /** What the image is called. */
  readonly name: string;
}

/**
 * Loads such an image, or makes it: import, run with a way out, commit.
 *
 * @param berth runs the command line
 * @param folder where there is room for a while
 */
export async function loadOrMakeImage(
  berth: (...words: string[]) => Promise<string>,
  folder: string,
  image: DebianImage,
): Promise<void> {
  const archive = join(CACHE, `${image.suite}${image.name === 'apps' ? '' : `-${image.name}`}.tar`);
  if (existsSync(archive)) {
    await berth('load', '-q', '-i', archive);
    return;
  }
  mkdirSync(CACHE, { recursive: true });
  const debian = join(folder, 'debian');
  execFileSync('debootstrap', ['--variant=minbase', image.suite, debian], { stdio: 'ignore' });
  const tar = join(folder, 'debian.tar');
  execFileSync('tar', ['-C', debian, '-cf', tar, '.']);
  rmSync(debian, { recursive: true });
  await berth('import', tar, `debian:${image.name}`);
  rmSync(tar);
  const install = `apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends ${image.packages.join(' ')} && apt-get clean`;
  await berth('run', '--name', 'setup', `debian:${image.name}`, 'sh', '-c', install);
  await berth('commit', 'setup', image.name);
  await berth('rm', 'setup');
  await berth('save', '-o', `${archive}.new`, image.name);
  renameSync(`${archive}.new`, archive);
}

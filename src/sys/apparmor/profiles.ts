import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { BerthError, isErrno } from '#base/errors.ts';
import { hasAppArmor } from '../host-security.ts';
import { DEFAULT_PROFILE, defaultProfileText } from './default-profile.ts';

/** Names under which the default profile may be asked for: our own, and the one in use with docker. */
const DEFAULT_NAMES = new Set(['', DEFAULT_PROFILE, 'docker-default']);

/**
 * The profile to put a container under, loaded into the kernel.
 *
 * @param requested value of `--security-opt apparmor=`; `undefined` is the default profile
 * @returns `undefined` when this kernel has no AppArmor and none was asked for, or for `unconfined`
 * @throws BerthError `invalid` for a profile that is not loaded or a kernel without AppArmor, `unavailable` when the default
 *   profile cannot be loaded because AppArmor's loader is missing
 */
export async function provideProfile(requested: string | undefined): Promise<string | undefined> {
  if (requested === 'unconfined') return undefined;
  if (!hasAppArmor()) {
    if (requested === undefined || DEFAULT_NAMES.has(requested)) return undefined;
    throw new BerthError(
      'invalid',
      'apparmor.not-enabled',
      `apparmor profile "${requested}" cannot be applied: AppArmor is not enabled on this host`,
    );
  }
  const loaded = loadedProfiles();
  if (requested !== undefined && loaded.has(requested)) return requested;
  if (requested === undefined || DEFAULT_NAMES.has(requested)) {
    if (!loaded.has(DEFAULT_PROFILE)) await loadProfile(defaultProfileText(DEFAULT_PROFILE));
    return DEFAULT_PROFILE;
  }
  throw new BerthError('invalid', 'apparmor.not-loaded', `apparmor profile "${requested}" is not loaded on this host`, {
    hint: 'apparmor_parser -r FILE loads a profile; aa-status lists what is loaded',
  });
}

/** Names of the profiles in the kernel; those that only complain included. */
export function loadedProfiles(file = '/sys/kernel/security/apparmor/profiles'): ReadonlySet<string> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EACCES')) return new Set();
    throw error;
  }
  const names = text.split('\n').map((line) => line.replace(/ \([a-z]+\)$/, ''));
  return new Set(names.filter((name) => name !== ''));
}

/**
 * Loads or replaces a profile by AppArmor's own loader.
 *
 * @throws BerthError `unavailable` when apparmor_parser is not installed, `internal` when it fails
 */
export function loadProfile(text: string): Promise<void> {
  return runParser(['--replace'], text);
}

/** Takes a profile out of the kernel; processes under it run on unconfined. */
export function unloadProfile(name: string): Promise<void> {
  return runParser(['--remove'], `profile ${name} {\n}\n`);
}

function runParser(action: readonly string[], text: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`; // a user's PATH often lacks them
  const args = ['--skip-cache', '--quiet', ...action];
  const child = execFile('apparmor_parser', args, { env: { ...process.env, PATH: path } }, (error, _stdout, stderr) => {
    if (error === null) resolve();
    else if (isErrno(error, 'ENOENT')) {
      reject(
        new BerthError(
          'unavailable',
          'apparmor.no-parser',
          'AppArmor is enabled on this host, but the default profile cannot be loaded: apparmor_parser is not installed',
          { hint: 'apt-get install apparmor, or run with --security-opt apparmor=unconfined' },
        ),
      );
    } else reject(new BerthError('internal', 'apparmor.load', `apparmor_parser: ${stderr.trim() || error.message}`));
  });
  child.stdin?.on('error', () => {}); // the parser may end before it has read all; its exit status tells
  child.stdin?.end(text);
  return promise;
}

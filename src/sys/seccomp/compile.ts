import { arch } from 'node:os';
import type { LinuxSeccomp } from '#spec/oci-runtime/config.ts';
import { flagBits } from './actions.ts';
import { buildFilter } from './build-filter.ts';
import { cacheKey, readCached, writeCached } from './filter-cache.ts';
import { installedLibseccomp, loadLibseccomp } from './libseccomp.ts';
import { usesNotify } from './rules.ts';

/** What the `seccomp` op of a launch plan needs. */
export interface SeccompFilter {
  /** struct sock_filter array. */
  readonly filter: Uint8Array;
  /** For seccomp(2). */
  readonly flags: number;
  /** Where the notify descriptor is to be sent; only when a rule notifies. */
  readonly listener: { readonly path: string; readonly metadata: string } | undefined;
}

/** Counts up when the way of compiling changes, so that no older result is used. */
const COMPILER = 1;

/**
 * Turns `linux.seccomp` of a config.json into a filter. Compiling takes 5 to 30 ms; the result is kept by the hash of the
 * description, the library's version and the machine's architecture, so it happens once. A damaged file is compiled anew.
 *
 * @param cacheDir for example `<root>/cache/seccomp`; made when missing
 * @throws BerthError `invalid` for a bad description, `unavailable` without libseccomp, `unsupported` for what it cannot do
 */
export async function compileSeccomp(config: LinuxSeccomp, cacheDir: string): Promise<SeccompFilter> {
  const notifies = usesNotify(config);
  const flags = flagBits(config.flags ?? [], notifies);
  const listener = notifies ? { path: config.listenerPath ?? '', metadata: config.listenerMetadata ?? '' } : undefined;
  // Flags and the listener are no part of the program.
  const { flags: _flags, listenerPath, listenerMetadata: _metadata, ...program } = config;
  const library = installedLibseccomp();
  const key = cacheKey({
    compiler: COMPILER,
    library,
    arch: arch(),
    program,
    notify: notifies && Boolean(listenerPath),
  });
  const cached = library === undefined ? undefined : readCached(cacheDir, key);
  if (cached !== undefined) return { filter: cached, flags, listener };
  const filter = buildFilter(config, await loadLibseccomp());
  writeCached(cacheDir, key, filter);
  return { filter, flags, listener };
}

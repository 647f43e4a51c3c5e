import type { Descriptor, Platform } from '#spec/oci-image/manifest.ts';
import { type HostPlatform, matchesPlatform } from '#spec/platform.ts';

/** 32 bit ARM processors run programs for the older ones. */
const OLDER: Readonly<Record<string, readonly string[]>> = {
  v8: ['v8', 'v7', 'v6', 'v5'],
  v7: ['v7', 'v6', 'v5'],
  v6: ['v6', 'v5'],
  v5: ['v5'],
};

/**
 * Orders the entries of an index by how well they fit a platform, the best first; those that do not fit are left out. An entry that
 * says nothing of its platform comes after them: what is in it must tell.
 */
export function fittingEntries(entries: readonly Descriptor[], wanted: HostPlatform): Descriptor[] {
  return entries
    .map((entry, i) => ({ entry, rank: rankOf(entry.platform, wanted), i }))
    .filter(({ rank }) => rank !== undefined)
    .sort((a, b) => a.rank! - b.rank! || a.i - b.i)
    .map(({ entry }) => entry);
}

/** After what fits, before what another processor was meant for. */
const UNKNOWN = 5;

/** 0 is best; undefined does not fit. */
function rankOf(platform: Platform | undefined, wanted: HostPlatform): number | undefined {
  if (platform === undefined) return UNKNOWN;
  const { os, architecture, variant } = platform;
  if (os === wanted.os && architecture === 'arm' && isArm(wanted)) {
    const order = OLDER[wanted.variant ?? (wanted.architecture === 'arm64' ? 'v8' : 'v7')] ?? [];
    const place = order.indexOf(variant || 'v7');
    // A 64 bit processor runs them too, if there is nothing better.
    return place < 0 ? undefined : place + (wanted.architecture === 'arm64' ? 10 : 0);
  }
  if (!matchesPlatform(platform, wanted)) return undefined;
  return (variant || undefined) === wanted.variant ? 0 : 1;
}

function isArm({ architecture }: HostPlatform): boolean {
  return architecture === 'arm' || architecture === 'arm64' || architecture === 'aarch64';
}

/** `linux/arm64/v8` */
export function shownPlatform({ os, architecture, variant }: HostPlatform): string {
  return [os, architecture, variant].filter((part) => part !== undefined && part !== '').join('/');
}

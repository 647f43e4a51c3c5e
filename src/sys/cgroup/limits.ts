import { BerthError } from '#base/errors.ts';
import type { LinuxRdma } from '#spec/oci-runtime/config.ts';

/** The error for a limit that this machine cannot enforce. */
export function unsupportedHere(setting: string, why: string): BerthError {
  return new BerthError('unsupported', 'cgroup.unsupported-limit', `cannot set the limit ${setting}: ${why}`);
}

/** A huge page size as the kernel's file names have it: `2MB`, `1GB`, `64KB`. */
export function hugePageName(pageSize: string): string {
  if (!/^[1-9][0-9]*[KMG]B$/.test(pageSize)) {
    throw new BerthError(
      'invalid',
      'cgroup.limit',
      `hugepageLimits: ${JSON.stringify(pageSize)} is not a page size such as 2MB`,
    );
  }
  return pageSize;
}

/**
 * A number of processes as pids.max has it (config-linux.md, "PIDs"): 0 leaves the container its first process, as with none no
 * container could be.
 */
export function pidsMax(limit: number): string {
  return limit < 0 ? 'max' : String(Math.max(limit, 1));
}

/** One line of rdma.max. */
export function rdmaLine(device: string, limit: LinuxRdma): string {
  const part = (key: string, value: number | undefined): string[] => (value === undefined ? [] : [`${key}=${value}`]);
  return [device, ...part('hca_handle', limit.hcaHandles), ...part('hca_object', limit.hcaObjects)].join(' ');
}

/**
 * v1 `cpu.shares` (2 to 262144, default 1024) as v2 `cpu.weight` (1 to 10000, default 100), on the curve through
 * (2, 1), (1024, 100) and (262144, 10000) that runtimes agreed on in 2025, so that the defaults meet.
 */
export function weightFromShares(shares: number): number {
  if (shares <= 2) return 1;
  if (shares >= 262_144) return 10_000;
  const octaves = Math.log2(shares);
  return Math.ceil(10 ** ((octaves * octaves + 125 * octaves) / 612 - 7 / 34));
}

/** v1 block I/O weight (10 to 1000) as v2 `io.weight` (1 to 10000), linear. */
export function ioWeightFromBlkio(weight: number): number {
  return Math.floor(1 + ((weight - 10) * 9999) / 990);
}

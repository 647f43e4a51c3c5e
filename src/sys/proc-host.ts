import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { startTimeOf } from './proc.ts';

/** Capability masks of a process: bit n is capability n, see capabilities(7). */
export interface CapabilityMasks {
  readonly inheritable: bigint;
  readonly permitted: bigint;
  readonly effective: bigint;
  readonly bounding: bigint;
  readonly ambient: bigint;
}

/**
 * Changes with each boot: a pid recorded under another boot id says nothing. A machine that is a container itself boots whenever its
 * first process starts, under one kernel.
 */
export function bootId(): string {
  return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}-${startTimeOf(1) ?? 0}`;
}

/** For example `6.1.0-56-cloud-amd64`. */
export function kernelRelease(): string {
  return readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim();
}

/** Major and minor number of a kernel release. */
export function kernelVersion(release: string = kernelRelease()): { readonly major: number; readonly minor: number } {
  const match = /^(\d+)\.(\d+)/.exec(release);
  if (match === null) throw new Error(`kernel release of unknown form: ${release}`);
  return { major: Number(match[1]), minor: Number(match[2]) };
}

/** The number of the last capability that this kernel knows. */
export function lastCapability(): number {
  return Number(readFileSync('/proc/sys/kernel/cap_last_cap', 'utf8'));
}

/** Parses the capability lines of a /proc/PID/status. */
export function parseCapabilities(status: string): CapabilityMasks {
  const mask = (name: string): bigint => {
    const digits = new RegExp(`^Cap${name}:\\s*([0-9a-f]+)$`, 'm').exec(status)?.[1];
    if (digits === undefined) throw new Error(`process status without Cap${name}`);
    return BigInt(`0x${digits}`);
  };
  return {
    inheritable: mask('Inh'),
    permitted: mask('Prm'),
    effective: mask('Eff'),
    bounding: mask('Bnd'),
    ambient: mask('Amb'),
  };
}

/** The capabilities of this process. */
export function ownCapabilities(): CapabilityMasks {
  return parseCapabilities(readFileSync('/proc/self/status', 'utf8'));
}

/** A figure of /proc/meminfo in bytes, for example `MemTotal`; 0 when the kernel does not have it. */
export function memoryInfoBytes(name: string, text: string = readFileSync('/proc/meminfo', 'utf8')): number {
  const kibibytes = new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(text)?.[1];
  return kibibytes === undefined ? 0 : Number(kibibytes) * 1024;
}

/** What `info` shows of the machine. */
export function machineTotals(): { readonly cpus: number; readonly memoryBytes: number; readonly swapBytes: number } {
  return {
    cpus: availableParallelism(),
    memoryBytes: memoryInfoBytes('MemTotal'),
    swapBytes: memoryInfoBytes('SwapTotal'),
  };
}

/**
 * CPU time of the whole machine since the boot, in nanoseconds, and the number of CPUs that are on: what `stats` relates a
 * container's CPU time to. The first seven figures of /proc/stat are counted (user to softirq), as clients expect.
 */
export function machineCpuTime(text: string = readFileSync('/proc/stat', 'utf8')): {
  readonly totalNs: number;
  readonly onlineCpus: number;
} {
  const lines = text.split('\n');
  const total = (lines[0] ?? '').split(/\s+/).slice(1, 8).map(Number);
  const ticks = total.reduce((sum, value) => sum + value, 0);
  return { totalNs: ticks * NS_PER_TICK, onlineCpus: lines.filter((line) => /^cpu\d/.test(line)).length };
}

/** USER_HZ is 100 in every Linux that Berth runs on (it is part of the ABI). */
const NS_PER_TICK = 10_000_000;

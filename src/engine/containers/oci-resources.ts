import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { BerthError, isErrno } from '#base/errors.ts';
import type { HostConfig, Resources, ThrottleDevice } from '#spec/docker-api/containers.ts';
import type { LinuxBlockIO, LinuxDevice, LinuxDeviceCgroup, LinuxResources } from '#spec/oci-runtime/config.ts';

/** Docker's period when a container asks for a number of CPUs: 100 ms. */
const CPU_PERIOD_US = 100_000;

/** Limits in the words of config.json; what is not limited is absent. */
export function toOciResources(limits: Resources): LinuxResources {
  const memory = {
    ...given('limit', limits.Memory),
    ...given('reservation', limits.MemoryReservation),
    ...given('swap', limits.MemorySwap),
    ...(limits.MemorySwappiness === null ? {} : { swappiness: limits.MemorySwappiness }),
    ...(limits.OomKillDisable ? { disableOOMKiller: true } : {}),
  };
  const cpu = {
    ...given('shares', limits.CpuShares),
    ...given('quota', limits.CpuQuota),
    ...given('period', limits.CpuPeriod),
    ...given('realtimeRuntime', limits.CpuRealtimeRuntime),
    ...given('realtimePeriod', limits.CpuRealtimePeriod),
    ...(limits.CpusetCpus === '' ? {} : { cpus: limits.CpusetCpus }),
    ...(limits.CpusetMems === '' ? {} : { mems: limits.CpusetMems }),
    ...(limits.NanoCpus === 0
      ? {}
      : { period: CPU_PERIOD_US, quota: Math.round((limits.NanoCpus * CPU_PERIOD_US) / 1e9) }),
  };
  const blockIO = blockIo(limits);
  return {
    ...(Object.keys(memory).length > 0 ? { memory } : {}),
    ...(Object.keys(cpu).length > 0 ? { cpu } : {}),
    ...(limits.PidsLimit === null ? {} : { pids: { limit: limits.PidsLimit > 0 ? limits.PidsLimit : -1 } }),
    ...(Object.keys(blockIO).length > 0 ? { blockIO } : {}),
  };
}

function given<Name extends string>(name: Name, value: number): Partial<Record<Name, number>> {
  return value === 0 ? {} : ({ [name]: value } as Partial<Record<Name, number>>);
}

function blockIo(limits: Resources): LinuxBlockIO {
  const weights = limits.BlkioWeightDevice ?? [];
  return {
    ...given('weight', limits.BlkioWeight),
    ...(weights.length > 0
      ? { weightDevice: weights.map(({ Path, Weight }) => ({ ...blockDevice(Path), weight: Weight })) }
      : {}),
    ...throttle('throttleReadBpsDevice', limits.BlkioDeviceReadBps),
    ...throttle('throttleWriteBpsDevice', limits.BlkioDeviceWriteBps),
    ...throttle('throttleReadIOPSDevice', limits.BlkioDeviceReadIOps),
    ...throttle('throttleWriteIOPSDevice', limits.BlkioDeviceWriteIOps),
  };
}

function throttle(name: string, devices: readonly ThrottleDevice[] | null) {
  if ((devices ?? []).length === 0) return {};
  return { [name]: devices?.map(({ Path, Rate }) => ({ ...blockDevice(Path), rate: Rate })) };
}

function blockDevice(path: string): { major: number; minor: number } {
  try {
    const { rdev } = statSync(path);
    return { major: majorOf(rdev), minor: minorOf(rdev) };
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTDIR')) throw error;
    throw new BerthError('invalid', 'device.not-found', `${path}: no such file or directory`);
  }
}

/** Device numbers as Linux packs them into `st_rdev` (makedev(3)). */
export function majorOf(rdev: number): number {
  const bits = BigInt(rdev);
  return Number(((bits >> 8n) & 0xfffn) | ((bits >> 32n) & 0xfffff000n));
}

export function minorOf(rdev: number): number {
  const bits = BigInt(rdev);
  return Number((bits & 0xffn) | ((bits >> 12n) & 0xffffff00n));
}

/** Devices of a container: nodes to make and rules for its control group. */
export interface DevicePlan {
  readonly nodes: readonly LinuxDevice[];
  readonly rules: readonly LinuxDeviceCgroup[];
}

const NUMBER_OR_ANY = (text: string) => (text === '*' ? -1 : Number(text));

/**
 * Reads the host's device nodes that a container gets.
 *
 * @throws invalid when a path is no device, with Docker's words
 */
export function planDevices(host: HostConfig): DevicePlan {
  if (host.Privileged) return { nodes: devicesBelow('/dev', '/dev', true), rules: [{ allow: true, access: 'rwm' }] };
  const nodes: LinuxDevice[] = [];
  const rules: LinuxDeviceCgroup[] = [];
  for (const mapping of host.Devices ?? []) {
    const inside = mapping.PathInContainer === '' ? mapping.PathOnHost : mapping.PathInContainer;
    const access = mapping.CgroupPermissions === '' ? 'rwm' : mapping.CgroupPermissions;
    const found = deviceOrDirectory(mapping.PathOnHost, inside);
    nodes.push(...found);
    for (const { type, major = 0, minor = 0 } of found) {
      rules.push({ allow: true, type: type === 'b' ? 'b' : 'c', major, minor, access });
    }
  }
  for (const rule of host.DeviceCgroupRules ?? []) {
    const [, type = 'a', major = '*', minor = '*', access = 'rwm'] =
      /^([acb]) (\d+|\*):(\d+|\*) ([rwm]+)$/.exec(rule) ?? [];
    rules.push({ allow: true, type, major: NUMBER_OR_ANY(major), minor: NUMBER_OR_ANY(minor), access });
  }
  return { nodes, rules };
}

function deviceOrDirectory(path: string, inside: string): LinuxDevice[] {
  const failed = (why: string) =>
    new BerthError(
      'invalid',
      'device.invalid',
      `error gathering device information while adding custom device "${path}": ${why}`,
    );
  let stat: ReturnType<typeof statSync>;
  try {
    stat = statSync(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) throw failed('no such file or directory');
    throw error;
  }
  if (stat.isDirectory()) {
    const found = devicesBelow(path, inside, false);
    if (found.length > 0) return found;
    throw failed('no devices found');
  }
  const node = deviceNode(path, inside);
  if (node === undefined) throw failed('not a device node');
  return [node];
}

function deviceNode(path: string, inside: string): LinuxDevice | undefined {
  const stat = statSync(path);
  const type = stat.isCharacterDevice() ? 'c' : stat.isBlockDevice() ? 'b' : undefined;
  if (type === undefined) return undefined;
  return {
    path: inside,
    type,
    major: majorOf(stat.rdev),
    minor: minorOf(stat.rdev),
    fileMode: stat.mode & 0o777,
    uid: stat.uid,
    gid: stat.gid,
  };
}

/** Directories of /dev that hold no devices of the host's own, and nodes that every container gets anyhow. */
const SKIPPED = new Set(['pts', 'shm', 'fd', 'mqueue', '.lxc', '.lxd-mounts', '.udev', 'console', 'ptmx']);

function devicesBelow(path: string, inside: string, all: boolean): LinuxDevice[] {
  const found: LinuxDevice[] = [];
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (SKIPPED.has(entry.name)) continue;
    const from = join(path, entry.name);
    const to = join(inside, entry.name);
    if (entry.isDirectory()) found.push(...devicesBelow(from, to, all));
    else if (entry.isCharacterDevice() || entry.isBlockDevice()) {
      const node = deviceNode(from, to);
      if (node !== undefined) found.push(node);
    }
  }
  return found;
}

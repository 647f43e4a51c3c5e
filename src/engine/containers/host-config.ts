import type { HostConfig, Loose, PortMap, Resources } from '#spec/docker-api/containers.ts';

/** Nothing limited. */
export const NO_LIMITS: Resources = {
  CpuShares: 0,
  Memory: 0,
  NanoCpus: 0,
  CgroupParent: '',
  BlkioWeight: 0,
  BlkioWeightDevice: [],
  BlkioDeviceReadBps: [],
  BlkioDeviceWriteBps: [],
  BlkioDeviceReadIOps: [],
  BlkioDeviceWriteIOps: [],
  CpuPeriod: 0,
  CpuQuota: 0,
  CpuRealtimePeriod: 0,
  CpuRealtimeRuntime: 0,
  CpusetCpus: '',
  CpusetMems: '',
  Devices: [],
  DeviceCgroupRules: null,
  DeviceRequests: null,
  MemoryReservation: 0,
  MemorySwap: 0,
  MemorySwappiness: null,
  OomKillDisable: false,
  PidsLimit: null,
  Ulimits: [],
  CpuCount: 0,
  CpuPercent: 0,
  IOMaximumIOps: 0,
  IOMaximumBandwidth: 0,
};

/** Kernel files a container does not see, as in Docker. */
export const MASKED_PATHS: readonly string[] = [
  '/proc/asound',
  '/proc/acpi',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
];

/** Kernel files a container may only read, as in Docker. */
export const READONLY_PATHS: readonly string[] = [
  '/proc/bus',
  '/proc/fs',
  '/proc/irq',
  '/proc/sys',
  '/proc/sysrq-trigger',
];

export const DEFAULT_SHM_SIZE = 64 * 1024 * 1024;

const DEFAULTS: HostConfig = {
  ...NO_LIMITS,
  Binds: null,
  ContainerIDFile: '',
  LogConfig: { Type: 'json-file', Config: {} },
  NetworkMode: 'bridge',
  PortBindings: {},
  RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
  AutoRemove: false,
  VolumeDriver: '',
  VolumesFrom: null,
  ConsoleSize: [0, 0],
  CapAdd: null,
  CapDrop: null,
  CgroupnsMode: 'private',
  Dns: [],
  DnsOptions: [],
  DnsSearch: [],
  ExtraHosts: null,
  GroupAdd: null,
  IpcMode: 'private',
  Cgroup: '',
  Links: null,
  OomScoreAdj: 0,
  PidMode: '',
  Privileged: false,
  PublishAllPorts: false,
  ReadonlyRootfs: false,
  SecurityOpt: null,
  UTSMode: '',
  UsernsMode: '',
  ShmSize: DEFAULT_SHM_SIZE,
  Runtime: 'berth',
  Isolation: '',
  MaskedPaths: MASKED_PATHS,
  ReadonlyPaths: READONLY_PATHS,
};

/** Fields whose empty string means "the default", as Go's zero value does. */
const EMPTY_IS_DEFAULT = ['NetworkMode', 'CgroupnsMode', 'IpcMode', 'Runtime'] as const;

/**
 * A complete host configuration: what the client sent over the defaults. `null` counts as absent, except where it says
 * something (`PidsLimit`, `MemorySwappiness`, `OomKillDisable`).
 */
export function completeHostConfig(request: Loose<HostConfig>): HostConfig {
  const sent = Object.fromEntries(Object.entries(request).filter(([, value]) => value !== null && value !== undefined));
  const merged = { ...DEFAULTS, ...sent } as HostConfig;
  const patch: Record<string, unknown> = {};
  for (const field of EMPTY_IS_DEFAULT) if (merged[field] === '') patch[field] = DEFAULTS[field];
  if (merged.NetworkMode === 'default') patch['NetworkMode'] = DEFAULTS.NetworkMode;
  if (merged.ShmSize === 0) patch['ShmSize'] = DEFAULT_SHM_SIZE;
  if (merged.RestartPolicy.Name === '')
    patch['RestartPolicy'] = { ...DEFAULTS.RestartPolicy, ...merged.RestartPolicy, Name: 'no' };
  patch['LogConfig'] = {
    Type: merged.LogConfig.Type === '' ? 'json-file' : merged.LogConfig.Type,
    Config: merged.LogConfig.Config ?? {},
  };
  patch['PortBindings'] = (merged.PortBindings ?? {}) as PortMap;
  return { ...merged, ...patch };
}

/** Docker Engine API v1.50 shapes of events, statistics and facts about the engine. No behaviour here. */
import type { ContainerSummary, StringMap } from './containers.ts';
import type { ImageSummary } from './images.ts';

export type EventType =
  | 'builder'
  | 'config'
  | 'container'
  | 'daemon'
  | 'image'
  | 'network'
  | 'node'
  | 'plugin'
  | 'secret'
  | 'service'
  | 'volume';

/** One line of `GET /events`. The lower-case names are those of old clients, sent for containers and images. */
export interface EventMessage {
  readonly status?: string;
  readonly id?: string;
  readonly from?: string;
  readonly Type: EventType;
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: StringMap };
  readonly scope: 'local' | 'swarm';
  /** Unix seconds. */
  readonly time: number;
  /** Unix nanoseconds. Beyond 2^53: `String(timeNano)` is exact to the microsecond, `BigInt(timeNano)` is not. */
  readonly timeNano: number;
}

export interface EventsQuery {
  /** Unix seconds with an optional fraction, or a date Docker's clients accept. */
  readonly since?: string;
  readonly until?: string;
  readonly filters?: Readonly<Record<string, readonly string[]>>;
}

export interface LogsQuery {
  readonly follow?: boolean;
  readonly stdout?: boolean;
  readonly stderr?: boolean;
  readonly since?: string;
  readonly until?: string;
  readonly timestamps?: boolean;
  readonly details?: boolean;
  /** A number of lines, or `all`. */
  readonly tail?: string;
  /** Neighbouring messages of one stream in one frame, which is faster to read; else a frame each. */
  readonly joinFrames?: boolean;
}

export interface CpuStats {
  readonly cpu_usage: {
    /** Nanoseconds. */
    readonly total_usage: number;
    readonly percpu_usage?: readonly number[];
    readonly usage_in_kernelmode: number;
    readonly usage_in_usermode: number;
  };
  readonly system_cpu_usage?: number;
  readonly online_cpus?: number;
  readonly throttling_data: {
    readonly periods: number;
    readonly throttled_periods: number;
    readonly throttled_time: number;
  };
}

export interface BlkioEntry {
  readonly major: number;
  readonly minor: number;
  readonly op: string;
  readonly value: number;
}

export interface BlkioStats {
  readonly io_service_bytes_recursive: readonly BlkioEntry[] | null;
  readonly io_serviced_recursive: readonly BlkioEntry[] | null;
  readonly io_queue_recursive: readonly BlkioEntry[] | null;
  readonly io_service_time_recursive: readonly BlkioEntry[] | null;
  readonly io_wait_time_recursive: readonly BlkioEntry[] | null;
  readonly io_merged_recursive: readonly BlkioEntry[] | null;
  readonly io_time_recursive: readonly BlkioEntry[] | null;
  readonly sectors_recursive: readonly BlkioEntry[] | null;
}

export interface MemoryStats {
  readonly usage?: number;
  readonly max_usage?: number;
  readonly stats?: Readonly<Record<string, number>>;
  readonly failcnt?: number;
  readonly limit?: number;
}

export interface NetworkStats {
  readonly rx_bytes: number;
  readonly rx_packets: number;
  readonly rx_errors: number;
  readonly rx_dropped: number;
  readonly tx_bytes: number;
  readonly tx_packets: number;
  readonly tx_errors: number;
  readonly tx_dropped: number;
}

/** One line of `GET /containers/{id}/stats`. */
export interface ContainerStats {
  /** With a leading slash. */
  readonly name: string;
  readonly id: string;
  readonly read: string;
  readonly preread: string;
  readonly pids_stats: { readonly current?: number; readonly limit?: number };
  readonly blkio_stats: BlkioStats;
  readonly num_procs: number;
  readonly storage_stats: Readonly<Record<string, number>>;
  readonly cpu_stats: CpuStats;
  readonly precpu_stats: CpuStats;
  readonly memory_stats: MemoryStats;
  readonly networks?: Readonly<Record<string, NetworkStats>>;
}

/** Something in the engine's state that is not as it should be. */
export interface StateFinding {
  /** Stable name, `what.wrong`. */
  readonly Code: string;
  /** Digest, id or path. */
  readonly Subject: string;
  readonly Message: string;
  readonly Repaired: boolean;
}

/** Answer of `POST /system/fsck`, which is Berth's own. */
export interface StateCheckReport {
  readonly Findings: readonly StateFinding[];
}

/** Answer of `GET /version`. */
export interface VersionInfo {
  readonly Platform: { readonly Name: string };
  readonly Components: readonly { readonly Name: string; readonly Version: string; readonly Details?: StringMap }[];
  readonly Version: string;
  readonly ApiVersion: string;
  readonly MinAPIVersion: string;
  readonly GitCommit: string;
  readonly GoVersion: string;
  readonly Os: string;
  readonly Arch: string;
  readonly KernelVersion?: string;
  readonly Experimental?: boolean;
  readonly BuildTime?: string;
}

/** Answer of `GET /_ping`, which travels in its headers. */
export interface PingInfo {
  readonly apiVersion: string;
  readonly osType: string;
  readonly experimental: boolean;
  readonly builderVersion: string;
}

/** Answer of `GET /system/df`. */
export interface DiskUsage {
  readonly LayersSize: number;
  /** Null, as the others, for types that were not asked for. */
  readonly Images: readonly ImageSummary[] | null;
  readonly Containers: readonly ContainerSummary[] | null;
  readonly Volumes: readonly VolumeUsage[] | null;
  readonly BuildCache: readonly BuildCacheUsage[] | null;
  readonly BuilderSize?: number;
}

/** Answer of `GET /system/storage`, which is Berth's own: what the root has on its disk. */
export interface StorageUsage {
  readonly Root: string;
  /** Bytes of all parts. */
  readonly Total: number;
  readonly Parts: readonly { readonly Name: string; readonly Bytes: number }[];
}

export interface VolumeUsage {
  readonly Name: string;
  readonly Driver: string;
  readonly Mountpoint: string;
  readonly Labels: StringMap | null;
  readonly Scope: string;
  readonly Options: StringMap | null;
  readonly CreatedAt?: string;
  readonly UsageData?: { readonly Size: number; readonly RefCount: number } | null;
}

export interface BuildCacheUsage {
  readonly ID: string;
  readonly Parents?: readonly string[] | null;
  readonly Type: string;
  readonly Description: string;
  readonly InUse: boolean;
  readonly Shared: boolean;
  readonly Size: number;
  readonly CreatedAt: string;
  readonly LastUsedAt: string | null;
  readonly UsageCount: number;
}

export type DiskUsageType = 'container' | 'image' | 'volume' | 'build-cache';

export interface RuntimeInfo {
  readonly path?: string;
  readonly runtimeArgs?: readonly string[] | null;
  readonly status?: StringMap | null;
}

export interface CommitInfo {
  readonly ID: string;
  readonly Expected?: string;
}

/** Answer of `GET /info`. */
export interface SystemInfo {
  readonly ID: string;
  readonly Containers: number;
  readonly ContainersRunning: number;
  readonly ContainersPaused: number;
  readonly ContainersStopped: number;
  readonly Images: number;
  readonly Driver: string;
  readonly DriverStatus: readonly (readonly [string, string])[];
  readonly DockerRootDir: string;
  readonly Plugins: {
    readonly Volume: readonly string[] | null;
    readonly Network: readonly string[] | null;
    readonly Authorization: readonly string[] | null;
    readonly Log: readonly string[] | null;
  };
  readonly MemoryLimit: boolean;
  readonly SwapLimit: boolean;
  readonly KernelMemoryTCP?: boolean;
  readonly CpuCfsPeriod: boolean;
  readonly CpuCfsQuota: boolean;
  readonly CPUShares: boolean;
  readonly CPUSet: boolean;
  readonly PidsLimit: boolean;
  readonly OomKillDisable: boolean;
  readonly IPv4Forwarding: boolean;
  readonly Debug: boolean;
  readonly NFd: number;
  readonly NGoroutines: number;
  readonly SystemTime: string;
  readonly LoggingDriver: string;
  readonly CgroupDriver: string;
  readonly CgroupVersion: string;
  readonly NEventsListener: number;
  readonly KernelVersion: string;
  readonly OperatingSystem: string;
  readonly OSVersion: string;
  readonly OSType: string;
  readonly Architecture: string;
  readonly NCPU: number;
  readonly MemTotal: number;
  readonly IndexServerAddress: string;
  readonly RegistryConfig: {
    readonly IndexConfigs: Readonly<
      Record<
        string,
        {
          readonly Name: string;
          readonly Mirrors: readonly string[];
          readonly Secure: boolean;
          readonly Official: boolean;
        }
      >
    >;
    readonly InsecureRegistryCIDRs: readonly string[];
    readonly Mirrors: readonly string[] | null;
  } | null;
  readonly GenericResources: readonly unknown[] | null;
  readonly HttpProxy: string;
  readonly HttpsProxy: string;
  readonly NoProxy: string;
  readonly Name: string;
  readonly Labels: readonly string[];
  readonly ExperimentalBuild: boolean;
  readonly ServerVersion: string;
  readonly Runtimes: Readonly<Record<string, RuntimeInfo>>;
  readonly DefaultRuntime: string;
  readonly DefaultAddressPools?: readonly { readonly Base: string; readonly Size: number }[];
  readonly Swarm: {
    readonly NodeID: string;
    readonly NodeAddr: string;
    readonly LocalNodeState: string;
    readonly ControlAvailable: boolean;
    readonly Error: string;
    readonly RemoteManagers: null;
  };
  readonly LiveRestoreEnabled: boolean;
  readonly Isolation: string;
  readonly InitBinary: string;
  readonly ContainerdCommit: CommitInfo;
  readonly RuncCommit: CommitInfo;
  readonly InitCommit: CommitInfo;
  readonly SecurityOptions: readonly string[];
  readonly CDISpecDirs: readonly string[] | null;
  readonly Warnings: readonly string[] | null;
}

/** `cpu_stats` and `precpu_stats` of the Docker Engine API; times in nanoseconds. */
export interface CpuStats {
  readonly cpu_usage: {
    readonly total_usage: number;
    /** v1 only. */
    readonly percpu_usage?: number[];
    readonly usage_in_kernelmode: number;
    readonly usage_in_usermode: number;
  };
  /** CPU time of the whole machine. */
  readonly system_cpu_usage: number;
  readonly online_cpus: number;
  readonly throttling_data: {
    readonly periods: number;
    readonly throttled_periods: number;
    readonly throttled_time: number;
  };
}

/** `memory_stats`, bytes; v1 has the peak and the count of refused allocations, v2 has not. */
export interface MemoryStats {
  readonly usage?: number;
  readonly max_usage?: number;
  readonly stats?: Record<string, number>;
  readonly failcnt?: number;
  /** The machine's memory when the group has no limit. */
  readonly limit?: number;
}

export interface BlkioEntry {
  readonly major: number;
  readonly minor: number;
  /** v1: `Read`, `Write`, `Total`...; v2: `read`, `write`. */
  readonly op: string;
  readonly value: number;
}

/** `blkio_stats`: null where the kernel has no such figure. */
export interface BlkioStats {
  readonly io_service_bytes_recursive: BlkioEntry[] | null;
  readonly io_serviced_recursive: BlkioEntry[] | null;
  readonly io_queue_recursive: BlkioEntry[] | null;
  readonly io_service_time_recursive: BlkioEntry[] | null;
  readonly io_wait_time_recursive: BlkioEntry[] | null;
  readonly io_merged_recursive: BlkioEntry[] | null;
  readonly io_time_recursive: BlkioEntry[] | null;
  readonly sectors_recursive: BlkioEntry[] | null;
}

/** `pids_stats`; without a limit there is no `limit`. */
export interface PidsStats {
  readonly current?: number;
  readonly limit?: number;
}

/** The part of a Docker Engine API stats answer that control groups account for. `precpu_stats` is an earlier reading's `cpu_stats`. */
export interface CgroupStats {
  readonly cpu_stats: CpuStats;
  readonly memory_stats: MemoryStats;
  readonly blkio_stats: BlkioStats;
  readonly pids_stats: PidsStats;
}

/** What a driver reads; the machine's own figures are added to it. */
export interface GroupUsage {
  readonly cpu: Pick<CpuStats, 'cpu_usage' | 'throttling_data'>;
  /** `limit` may be Infinity. */
  readonly memory: MemoryStats;
  readonly blkio: BlkioStats;
  readonly pids: PidsStats;
}

/** `precpu_stats` of the first reading, and `cpu_stats` of a container that does not run. */
export const NO_CPU_STATS = {
  cpu_usage: { total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0 },
  throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
} as const;

export const NO_BLKIO_STATS: BlkioStats = {
  io_service_bytes_recursive: null,
  io_serviced_recursive: null,
  io_queue_recursive: null,
  io_service_time_recursive: null,
  io_wait_time_recursive: null,
  io_merged_recursive: null,
  io_time_recursive: null,
  sectors_recursive: null,
};

/** A group without a limit has no `limit`: the API's number for it does not fit into JavaScript's. */
export function pidsStats(current: number, limit: number | undefined): { current: number; limit?: number } {
  return limit === undefined || !Number.isFinite(limit) ? { current } : { current, limit };
}

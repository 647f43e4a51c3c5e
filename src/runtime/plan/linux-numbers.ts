/** Numbers of the kernel's interfaces that launch plans carry. Source: the uapi headers named with each group. */
import { CAPABILITIES } from '#spec/capabilities.ts';

/** linux/mount.h, for fsmount(2) and mount_setattr(2). */
export const MOUNT_ATTR = {
  RDONLY: 0x1,
  NOSUID: 0x2,
  NODEV: 0x4,
  NOEXEC: 0x8,
  /** Mask of the access time modes; relatime is 0. */
  ATIME: 0x70,
  NOATIME: 0x10,
  STRICTATIME: 0x20,
  NODIRATIME: 0x80,
  NOSYMFOLLOW: 0x20_0000,
} as const;

/** linux/mount.h, propagation types. */
export const PROPAGATION = { UNBINDABLE: 1 << 17, PRIVATE: 1 << 18, SLAVE: 1 << 19, SHARED: 1 << 20 } as const;

/** asm-generic/fcntl.h; O_DIRECTORY and O_NOFOLLOW differ between architectures and are not needed here. */
export const OPEN = { RDONLY: 0, WRONLY: 1, RDWR: 2, PATH: 0o10000000 } as const;

/** asm-generic/errno.h. */
export const ERRNO = { EPERM: 1, ENOENT: 2, EACCES: 13, EEXIST: 17, EINVAL: 22, EROFS: 30, ENOSYS: 38 } as const;

/** asm-generic/resource.h. */
export const RLIMITS: Readonly<Record<string, number>> = {
  RLIMIT_CPU: 0,
  RLIMIT_FSIZE: 1,
  RLIMIT_DATA: 2,
  RLIMIT_STACK: 3,
  RLIMIT_CORE: 4,
  RLIMIT_RSS: 5,
  RLIMIT_NPROC: 6,
  RLIMIT_NOFILE: 7,
  RLIMIT_MEMLOCK: 8,
  RLIMIT_AS: 9,
  RLIMIT_LOCKS: 10,
  RLIMIT_SIGPENDING: 11,
  RLIMIT_MSGQUEUE: 12,
  RLIMIT_NICE: 13,
  RLIMIT_RTPRIO: 14,
  RLIMIT_RTTIME: 15,
};

export const RLIM_INFINITY = (1n << 64n) - 1n;

/** linux/sched.h. */
export const SCHEDULER_POLICIES = {
  SCHED_OTHER: 0,
  SCHED_FIFO: 1,
  SCHED_RR: 2,
  SCHED_BATCH: 3,
  SCHED_ISO: 4,
  SCHED_IDLE: 5,
  SCHED_DEADLINE: 6,
} as const;

export const SCHEDULER_FLAGS = {
  SCHED_FLAG_RESET_ON_FORK: 0x1n,
  SCHED_FLAG_RECLAIM: 0x2n,
  SCHED_FLAG_DL_OVERRUN: 0x4n,
  SCHED_FLAG_KEEP_POLICY: 0x8n,
  SCHED_FLAG_KEEP_PARAMS: 0x10n,
  SCHED_FLAG_UTIL_CLAMP_MIN: 0x20n,
  SCHED_FLAG_UTIL_CLAMP_MAX: 0x40n,
} as const;

/** linux/ioprio.h. */
export const IO_CLASSES = { IOPRIO_CLASS_RT: 1, IOPRIO_CLASS_BE: 2, IOPRIO_CLASS_IDLE: 3 } as const;
export const IO_CLASS_SHIFT = 13;

/** linux/mempolicy.h. */
export const MEMORY_POLICIES = {
  MPOL_DEFAULT: 0,
  MPOL_PREFERRED: 1,
  MPOL_BIND: 2,
  MPOL_INTERLEAVE: 3,
  MPOL_LOCAL: 4,
  MPOL_PREFERRED_MANY: 5,
  MPOL_WEIGHTED_INTERLEAVE: 6,
} as const;

export const MEMORY_POLICY_FLAGS = {
  MPOL_F_NUMA_BALANCING: 1 << 13,
  MPOL_F_RELATIVE_NODES: 1 << 14,
  MPOL_F_STATIC_NODES: 1 << 15,
} as const;

/** linux/personality.h. */
export const PERSONALITIES = { LINUX: 0x0, LINUX32: 0x8 } as const;

export const CAP_SYS_ADMIN = 1n << BigInt(CAPABILITIES.indexOf('CAP_SYS_ADMIN'));

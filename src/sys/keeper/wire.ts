/** Numbers shared with native/protocol.h; a test compares the two. */

import type { NamespaceKind, OpName, Side } from './plan.ts';

export const PLAN_MAGIC = 0x48545242;
export const PLAN_VERSION = 1;
export const PLAN_MAX_BYTES = 16 << 20;

export const SIDES: readonly Side[] = ['before', 'middle', 'parent', 'child', 'started', 'cleanup'];

export const SETTINGS_OPCODE = 1;

export const OPCODES: Readonly<Record<OpName, number>> = {
  mkdir: 10,
  write: 11,
  open: 12,
  'open-child': 13,
  'open-process': 14,
  connect: 15,
  close: 16,
  symlink: 17,
  mknod: 18,
  own: 19,
  unlink: 20,
  rmdir: 21,
  'remove-tree': 22,
  'new-mount': 30,
  'clone-mount': 31,
  'mount-attributes': 32,
  attach: 33,
  unmount: 34,
  remount: 35,
  mask: 36,
  'read-only': 37,
  'copy-up': 38,
  'map-namespace': 39,
  'pivot-root': 40,
  'fill-volume': 41,
  clone: 50,
  unshare: 51,
  'join-namespaces': 52,
  'time-namespace': 53,
  'id-maps': 54,
  'join-cgroups': 55,
  'device-filter': 56,
  netlink: 57,
  hostname: 58,
  domainname: 59,
  'name-sockets': 60,
  'netlink-batches': 61,
  post: 70,
  wait: 71,
  gate: 72,
  run: 73,
  terminal: 74,
  rlimit: 75,
  umask: 76,
  credentials: 77,
  'no-new-privileges': 78,
  seccomp: 79,
  chdir: 80,
  scheduler: 81,
  'io-priority': 82,
  'cpu-affinity': 83,
  personality: 84,
  'session-keyring': 85,
  'find-program': 86,
  exec: 87,
  'kill-cgroup': 88,
  home: 89,
  'memory-policy': 90,
  'send-pidfd': 91,
};

/** CLONE_NEW* of linux/sched.h */
export const NAMESPACE_FLAGS: Readonly<Record<NamespaceKind, number>> = {
  time: 0x00000080,
  mount: 0x00020000,
  cgroup: 0x02000000,
  uts: 0x04000000,
  ipc: 0x08000000,
  user: 0x10000000,
  pid: 0x20000000,
  network: 0x40000000,
};

export const MODES = ['supervise', 'handoff', 'foreground'] as const;
export const STDIO_KINDS = ['terminal', 'pipes', 'null', 'inherit'] as const;
export const STDIN_MODES = ['closed', 'open', 'once'] as const;
export const NAMES_WHEN = ['when-asked', 'at-once', 'soon'] as const;

/** Why an op failed, where the errno alone does not tell; index = number on the wire. */
export const REASONS = [
  'none',
  'malformed',
  'not-found',
  'not-executable',
  'directory',
  'no-interpreter',
  'bad-format',
  'wrong-machine',
  'noexec-mount',
  'child-died',
  'program-failed',
  'timeout',
  'outside-root',
  'crlf-interpreter',
] as const;
export type FailureReason = (typeof REASONS)[number];

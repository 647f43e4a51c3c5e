/**
 * The launch plan: everything the keeper does to start, supervise and clean up one process tree, as plain data.
 *
 * Ops run in list order within their side:
 *
 *   before   in the keeper, with the host's credentials, before the clone. The keeper's own namespaces never change:
 *            `setns`/`unshare` here touch only what children inherit (pid, time), and are undone after the clone.
 *   middle   optional: in a short-lived process between keeper and child (joining a user namespace by path before the clone).
 *            When any op is here the clone happens there, and the child still becomes a child of the keeper.
 *   parent   in the keeper, after the clone; runs beside the child's ops. `post`/`wait` pairs order the two.
 *   child    in the new process. Contains exactly one `gate` (create ends there, start passes it) and ends with `exec`.
 *   started  in the keeper after the exec succeeded (poststart hooks). A failure is recorded, never fatal.
 *   cleanup  in the keeper after the exit, or after a failed or aborted start. Every op is tried.
 *
 * Descriptors live in numbered slots (0..63), inherited by the child at the clone and closed at the exec.
 */

export type Side = 'before' | 'middle' | 'parent' | 'child' | 'started' | 'cleanup';

/** Index into the keeper's descriptor table, 0..63. */
export type Slot = number;

/**
 * Where a file is. With `root`, `path` is resolved beneath that directory descriptor by openat2(RESOLVE_IN_ROOT |
 * RESOLVE_NO_MAGICLINKS): symlinks inside it can not leave it. An empty `path` means the descriptor itself.
 * Without `root`, `path` is a trusted absolute host path (in the child: only meaningful before `pivot-root`).
 */
export interface Place {
  readonly root?: Slot;
  readonly path: string;
}

export type NamespaceKind = 'mount' | 'pid' | 'network' | 'ipc' | 'uts' | 'user' | 'cgroup' | 'time';

export interface IdRange {
  readonly inside: number;
  readonly outside: number;
  readonly size: number;
}

/** One fsconfig(2) call: `{key}` sets a flag, `{key, value}` a string (values over 255 bytes are passed as descriptor paths). */
export interface FsOption {
  readonly key: string;
  readonly value?: string;
}

/** A place in netlink bytes that only the keeper can fill in: 32 bits, host order, at `offset`. */
export type NetlinkHole =
  | { readonly kind: 'child-pid'; readonly offset: number }
  | { readonly kind: 'slot'; readonly offset: number; readonly slot: Slot }
  | { readonly kind: 'ifindex'; readonly offset: number; readonly name: string };

interface Common {
  readonly side: Side;
  /** errno numbers that count as success for this op. */
  readonly tolerate?: readonly number[];
  /** Why this op is here, in words; for `explain` and error sentences. Not sent to the keeper. */
  readonly about?: string;
}

// --- files -------------------------------------------------------------------------------------------------------

export type FileOp =
  /** Octal `mode` exact (no umask). `parents`: also missing parents (0755). Existing directories are fine with `existOk`. */
  | { op: 'mkdir'; at: Place; mode: number; parents?: boolean; existOk?: boolean; uid?: number; gid?: number }
  /** One write(2) of `data`. `create`: mode of a file to create or truncate. `only: 'proc'` refuses anything but procfs. */
  | { op: 'write'; at: Place; data: string | Uint8Array; create?: number; append?: boolean; only?: 'proc' }
  /** Opens into a slot; `flags` are O_* numbers (O_CLOEXEC is added). */
  | { op: 'open'; slot: Slot; at: Place; flags: number; mode?: number }
  /** parent side: opens `/proc/<child>/<path>` of the child, e.g. `ns/user`. */
  | { op: 'open-child'; slot: Slot; path: string; flags?: number }
  /** pidfd of a running process; `startTime` (clock ticks, field 22 of /proc/PID/stat) proves that the pid was not reused. */
  | { op: 'open-process'; slot: Slot; pid: number; startTime?: bigint }
  /** Connects a unix stream socket. */
  | { op: 'connect'; slot: Slot; path: string }
  | { op: 'close'; slot: Slot }
  | { op: 'symlink'; at: Place; target: string; existOk?: boolean }
  | {
      op: 'mknod';
      at: Place;
      type: 'char' | 'block' | 'fifo';
      mode: number;
      major: number;
      minor: number;
      uid?: number;
      gid?: number;
      existOk?: boolean;
    }
  | { op: 'own'; at: Place; uid: number; gid: number; mode?: number }
  | { op: 'unlink'; at: Place }
  /** Retries EBUSY for up to `retryMs` (cgroup directories whose last task is still going). */
  | { op: 'rmdir'; at: Place; retryMs?: number }
  /** Removes a directory's content and, unless `keepTop`, itself. Never crosses mounts, never follows symlinks. */
  | { op: 'remove-tree'; at: Place; keepTop?: boolean };

// --- mounts ------------------------------------------------------------------------------------------------------

export type MountOp =
  /** fsopen + fsconfig + fsmount into a slot, attached nowhere. `attrs` are MOUNT_ATTR_*. */
  | { op: 'new-mount'; slot: Slot; fsType: string; options: readonly FsOption[]; attrs: number }
  /** open_tree(OPEN_TREE_CLONE): a detached bind. */
  | { op: 'clone-mount'; slot: Slot; at: Place; recursive: boolean }
  /** mount_setattr. `userns` makes it an idmapped mount; `propagation` is MS_PRIVATE, MS_SLAVE, MS_SHARED or MS_UNBINDABLE. */
  | {
      op: 'mount-attributes';
      at: Place;
      set: number;
      clear: number;
      propagation?: number;
      recursive: boolean;
      userns?: Slot;
    }
  /**
   * move_mount of a slot onto a place, whose directory or file is created (with parents) when `create` says so;
   * `as-source`: whichever the mount itself is; `directory-as-found`: and the mount's root gets the permissions of an
   * existing directory.
   */
  | { op: 'attach'; slot: Slot; at: Place; create?: 'directory' | 'file' | 'as-source' | 'directory-as-found' }
  /** umount2 with MNT_* flags. */
  | { op: 'unmount'; at: Place; flags: number }
  /** Reconfigures the superblock (fspick). */
  | { op: 'remount'; at: Place; options: readonly FsOption[] }
  /** Hides a path: a directory under an empty read-only tmpfs, a file under /dev/null. A missing path is skipped. */
  | { op: 'mask'; at: Place }
  /** Makes a path read-only with everything below it. A missing path is skipped. */
  | { op: 'read-only'; at: Place }
  /** Copies what the image has at `from` into the detached mount in `slot` (tmpcopyup). */
  | { op: 'copy-up'; from: Place; slot: Slot }
  /**
   * The same into a volume that others may use too, if it is empty. `marker`: a file that is locked meanwhile and stands until the
   * copy is complete, so that an interrupted one is made again; none when the mount is new.
   */
  | { op: 'fill-volume'; from: Place; slot: Slot; marker: string }
  /** A user namespace with these maps, as a descriptor for idmapped mounts. */
  | { op: 'map-namespace'; slot: Slot; uid: readonly IdRange[]; gid: readonly IdRange[] }
  /** Makes the mount in `slot` (already attached) the root. `move`: MS_MOVE + chroot, for roots that can not be pivoted. */
  | { op: 'pivot-root'; slot: Slot; how: 'pivot' | 'move' | 'chroot' };

// --- namespaces, control groups, network ------------------------------------------------------------------------

export type NamespaceOp =
  /** Required once, side `before` or `middle`, last of its side. `cgroup`: slot of a v2 directory to be born in. */
  | { op: 'clone'; namespaces: readonly NamespaceKind[]; cgroup?: Slot }
  | { op: 'unshare'; namespaces: readonly NamespaceKind[] }
  /** `slot`: a namespace file, or a pidfd to join several namespaces of that process in one call. */
  | { op: 'join-namespaces'; slot: Slot; namespaces: readonly NamespaceKind[] }
  /** side `before`: new time namespace for the child with these offsets in nanoseconds. */
  | { op: 'time-namespace'; monotonicNs: bigint; boottimeNs: bigint }
  /** side `parent`. `helpers`: set-uid programs (newuidmap, newgidmap) when the keeper itself may not write the maps. */
  | {
      op: 'id-maps';
      uid: readonly IdRange[];
      gid: readonly IdRange[];
      denySetgroups?: boolean;
      helpers?: { readonly uid: string; readonly gid: string };
    }
  /** side `parent`: writes the child's pid into each file (cgroup.procs, resctrl tasks). side `child`: writes "0". */
  | { op: 'join-cgroups'; files: readonly string[] }
  /** Loads a BPF_PROG_TYPE_CGROUP_DEVICE program and attaches it to the cgroup v2 directory. */
  | { op: 'device-filter'; cgroup: string; program: Uint8Array }
  /** Sends netlink messages one by one in the current network namespace (family: NETLINK_ROUTE 0) and checks every answer. */
  | {
      op: 'netlink';
      family: number;
      /** All messages as one datagram, as nfnetlink wants a transaction: its begin and end are the first and the last message. */
      batch?: boolean;
      messages: readonly { readonly bytes: Uint8Array; readonly holes?: readonly NetlinkHole[] }[];
    }
  /**
   * nfnetlink batches, one behind the other, each complete (`batchBytes`). Those of the file when there is one, which a process may
   * have written since; else the plan's. ENOENT counts as success for each; no refusal keeps the others from being sent.
   */
  | { op: 'netlink-batches'; family: number; at: Place; planned: Uint8Array }
  | { op: 'hostname'; name: string }
  | { op: 'domainname'; name: string }
  /** UDP and TCP sockets in the current network namespace, kept by the keeper for the resolver (`names` of the plan). `address`: IPv4 as a number. */
  | { op: 'name-sockets'; address: number; port: number };

// --- the process -------------------------------------------------------------------------------------------------

export type ProcessOp =
  /** Lets the other of parent and child pass its matching `wait`. */
  | { op: 'post' }
  | { op: 'wait' }
  /** Child: everything is set up; waits for start. */
  | { op: 'gate' }
  /** Runs a program to its end; `path` is argv[0] unless given. stdin = stdinBefore + child's pid + stdinAfter (pid only when `stdinAfter` is given). */
  | {
      op: 'run';
      path?: string;
      argv: readonly string[];
      env: readonly string[];
      stdinBefore?: string;
      stdinAfter?: string;
      timeoutMs?: number;
      /** Absolute; default: the run directory, or the child's own. */
      cwd?: string;
      /** Child: HOME as `home` has found it, unless `env` has one. */
      completeHome?: boolean;
    }
  /** Child: opens a pseudo-terminal from the container's own devpts (`at` = .../ptmx), hands the master out, makes it stdio. Without `gid` the group stays that of devpts.
   * `bareNewlines`: no carriage return before line feeds, for output that goes to another terminal. */
  | {
      op: 'terminal';
      at: Place;
      rows: number;
      cols: number;
      uid: number;
      gid?: number;
      console?: Place;
      bareNewlines?: boolean;
    }
  /** side `parent`: of the child, with the host's rights. */
  | { op: 'rlimit'; resource: number; soft: bigint; hard: bigint }
  | { op: 'umask'; mask: number }
  /**
   * Ids and capabilities in the one order that works: bounding set, groups, gid, uid, then permitted, effective,
   * inheritable, ambient. Absent parts stay as they are. Masks: bit n is capability n.
   */
  | { op: 'credentials'; uid?: number; gid?: number; groups?: readonly number[]; capabilities?: Capabilities }
  | { op: 'no-new-privileges' }
  /**
   * `filter`: struct sock_filter array. `listener`: the keeper sends the notify descriptor to that socket (connected before
   * the clone), with the texts of `state` joined by the child's pid.
   */
  | {
      op: 'seccomp';
      filter: Uint8Array;
      flags: number;
      listener?: { readonly socket: Slot; readonly state: readonly string[] };
    }
  /** Refuses a directory outside the root. */
  | { op: 'chdir'; path: string }
  /** sched_setattr(2); fields as in struct sched_attr. */
  | {
      op: 'scheduler';
      policy: number;
      flags: bigint;
      nice: number;
      priority: number;
      runtimeNs: bigint;
      deadlineNs: bigint;
      periodNs: bigint;
    }
  /** ioprio_set(2): class << 13 | level. */
  | { op: 'io-priority'; value: number }
  /** `all`: what its control group allows. */
  | { op: 'cpu-affinity'; cpus: readonly number[] | 'all' }
  /** side `parent`: a pidfd of the child to the unix socket at this path (OCI --pidfd-socket). */
  | { op: 'send-pidfd'; path: string }
  /** set_mempolicy(2): `mode` with its flags. */
  | { op: 'memory-policy'; mode: number; nodes: readonly number[] }
  | { op: 'personality'; persona: number }
  | { op: 'session-keyring'; name: string }
  /** Finds the program as execvp does, with the credentials of now, so that a wrong name fails before the gate. */
  | { op: 'find-program'; name: string; searchPath: string }
  /** HOME for `exec` when its environment has none: from the container's /etc/passwd, `/` without an entry for `uid`. */
  | { op: 'home'; uid: number }
  /** Last op of the child. `name` without a slash is searched in `searchPath` (PATH's value). */
  | { op: 'exec'; name: string; searchPath: string; argv: readonly string[]; env: readonly string[] }
  /** Kills every process of these cgroup.procs files (or writes `killFile`, cgroup v2) until none is left. */
  | { op: 'kill-cgroup'; procs: readonly string[]; killFile?: string };

export interface Capabilities {
  readonly bounding: bigint;
  readonly permitted: bigint;
  readonly effective: bigint;
  readonly inheritable: bigint;
  readonly ambient: bigint;
}

export type PlanOp = Readonly<FileOp | MountOp | NamespaceOp | ProcessOp> & Common;
export type OpName = PlanOp['op'];

// --- supervision -------------------------------------------------------------------------------------------------

/** `closed`: /dev/null (no terminal input); `open`: stays open between attaches; `once`: closed when the first attach ends. */
export type StdinMode = 'closed' | 'open' | 'once';

export type StdioPlan =
  /** Needs a `terminal` op. `consoleSocket`: the master is sent there (OCI --console-socket) instead of being kept. */
  | { readonly kind: 'terminal'; readonly stdin: StdinMode; readonly consoleSocket?: string }
  /** Pipes owned by host ids `uid`/`gid`, so that the process may reopen /dev/stdout. */
  | { readonly kind: 'pipes'; readonly stdin: StdinMode; readonly uid: number; readonly gid: number }
  | { readonly kind: 'null' }
  /** The keeper's own descriptors 0, 1, 2 (see `launch` options). */
  | { readonly kind: 'inherit' };

/** Sends every message also to a socket, with the same bytes around each. What cannot be sent within a second is left out. */
export interface LogForward {
  /** More than 0: nothing waits for the socket; so many bytes of messages may wait to be sent. At most 2^30. */
  readonly bufferBytes: number;
  readonly to:
    | { readonly kind: 'unix-datagram' | 'unix-stream'; readonly path: string }
    /** `address` without brackets or name. */
    | { readonly kind: 'udp' | 'tcp'; readonly address: string; readonly port: number };
  /** What comes first, for standard output and error. */
  readonly heads: readonly [Uint8Array, Uint8Array];
  /** Between head and middle: nothing, `Jan  2 15:04:05` in local time, or RFC 3339 with microseconds in UTC. */
  readonly time: 'none' | 'rfc3164' | 'rfc3339';
  readonly middle: Uint8Array;
  /** After the text of a line's end, and of a part of one. */
  readonly tail: Uint8Array;
  readonly partTail: Uint8Array;
  /** The length in decimal and a space before every message (RFC 6587, 3.4.1). */
  readonly counted: boolean;
}

export type LogPlan =
  | { readonly driver: 'none'; readonly forward?: LogForward }
  | {
      readonly forward?: LogForward;
      readonly driver: 'json-file';
      readonly path: string;
      /** A file that has reached this size is rotated before the next line; 0 = never. */
      readonly maxSizeBytes: number;
      /** Files kept, the current one included; 1 = truncate instead of rotate. */
      readonly maxFiles: number;
      /** Program run with the rotated file's path appended; must replace it by `<path>.gz`. */
      readonly compress?: readonly string[];
      /** Serialized JSON object for docker's `attrs`. */
      readonly attrs?: string;
    };

export interface ExitPlan {
  /** Files read after the exit and before `cleanup`, first 4 KiB of each, put into the exit record. Missing files are skipped. */
  readonly collect: readonly { readonly name: string; readonly path: string }[];
  /** Run when no watcher acknowledged the exit. */
  readonly command?: { readonly argv: readonly string[]; readonly env: readonly string[] };
}

/** Who answers at the sockets of `name-sockets`, and what else must run beside the container. Mode supervise only. */
export interface NamesPlan {
  /** Unix socket on which the resolver listens; absolute. */
  readonly socket: string;
  /** What the resolver knows the container by. */
  readonly id: string;
  /** Started when nobody listens. */
  readonly resolver: { readonly argv: readonly string[]; readonly env: readonly string[] };
  /** `soon`: after a second, when the container still runs; `when-asked`: the sockets wait until `serveNames` is asked for. */
  readonly answer: 'at-once' | 'soon' | 'when-asked';
}

export interface LaunchPlan {
  /**
   * supervise: the keeper stays, serves `<runDir>/ctl`, writes log and `<runDir>/exit`.
   * handoff: the keeper leaves after create; the process waits for `startHandoff(runDir)`.
   * foreground: the keeper stays only to wait and report the exit status on the control channel (`Launch.exited`).
   */
  readonly mode: 'supervise' | 'handoff' | 'foreground';
  /** Existing directory of this start, absolute. */
  readonly runDir: string;
  readonly stdio: StdioPlan;
  readonly log: LogPlan;
  readonly exit: ExitPlan;
  readonly names?: NamesPlan;
  /** supervise and foreground: kill the process when the keeper dies. Default true. */
  readonly dieWithKeeper?: boolean;
  /** Extra descriptors 3, 4, ... for the process; given to `launch` in `extraFds`. */
  readonly preserveFds?: number;
  readonly ops: readonly PlanOp[];
}

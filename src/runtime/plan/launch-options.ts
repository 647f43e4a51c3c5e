import type { RootfsMount } from '#spec/rootfs.ts';
import type { CgroupPlan } from '#sys/cgroup/cgroup-plan.ts';
import type { CgroupHost } from '#sys/cgroup/host.ts';
import type { ExitPlan, LaunchPlan, LogPlan, NamesPlan, PlanOp, StdioPlan } from '#sys/keeper/plan.ts';
import type { SeccompFilter } from '#sys/seccomp/compile.ts';

/** What a plan depends on besides its configuration. Plain data, so that planning can be tested for any machine. */
export interface HostFacts {
  /** `undefined`: no control groups are mounted. */
  readonly cgroups: CgroupHost | undefined;
  /** Capabilities that this process may hand on, bit n is capability n. */
  readonly capabilities: bigint;
  /** False inside a user namespace: no device nodes, other mounts. */
  readonly initialUserNamespace: boolean;
  readonly apparmor: boolean;
  readonly selinux: boolean;
  /** Effective user id; other than 0: id maps go through newuidmap and newgidmap. */
  readonly uid: number;
}

/** Everything about a start that is not in its config.json. */
export interface LaunchOptions {
  readonly id: string;
  /** Absolute directory, for the state that hooks read. */
  readonly bundle: string;
  readonly rootfs: RootfsMount;
  readonly facts: HostFacts;
  readonly mode: LaunchPlan['mode'];
  /** Existing directory of this start, absolute. */
  readonly runDir: string;
  readonly stdio: StdioPlan;
  readonly log?: LogPlan;
  /** Run when no watcher acknowledged the exit. */
  readonly exitCommand?: ExitPlan['command'];
  /** From `planCgroup`; without it the process stays in the control groups of its starter. */
  readonly cgroup?: CgroupPlan;
  /** From `compileSeccomp`, when the configuration has `linux.seccomp`. */
  readonly seccomp?: SeccompFilter;
  /** Ops of the networks: run on the parent's side once the namespaces exist, before the hooks. */
  readonly network?: readonly PlanOp[];
  /** Ops of the networks in the child, once those of `network` are done; the host's /proc is still in sight. */
  readonly networkInside?: readonly PlanOp[];
  /** Ops on the parent's side once those of `networkInside` are done. */
  readonly networkSettle?: readonly PlanOp[];
  /** Ops in the child once those are. */
  readonly networkAnnounce?: readonly PlanOp[];
  /** Ops to undo `network`. */
  readonly networkCleanup?: readonly PlanOp[];
  /** Who answers at the name server sockets among `network`. */
  readonly names?: NamesPlan;
  /** Environment of hooks on the host that have none of their own; empty when absent. */
  readonly hookEnv?: readonly string[];
  /** MS_MOVE and chroot instead of pivot_root, for a root on an initramfs. */
  readonly noPivot?: boolean;
  /** Keep the session keyring of the starter. */
  readonly noNewKeyring?: boolean;
  /** The terminal's output goes to the terminal of whoever starts it. */
  readonly bareNewlines?: boolean;
  /** Number of extra descriptors for the process, 3 and up. */
  readonly preserveFds?: number;
  /** Unix socket that gets a pidfd of the process. */
  readonly pidfdSocket?: string;
  readonly dieWithKeeper?: boolean;
}

import type { PlanOp } from '../keeper/plan.ts';

/** How a new process gets into control groups that exist. */
export interface CgroupJoin {
  /**
   * v1: for a `join-cgroups` op on the child's side, before its credentials and root change, while it has one thread.
   * A thread that moves itself through `tasks` is the one case in which the kernel takes no lock over all thread groups:
   * seven hierarchies took 0.09 ms so, against 10 ms (an RCU grace period) when another process writes to `cgroup.procs`.
   * A cgroup namespace is to be unshared after this.
   */
  readonly tasks: readonly string[];
  /** v2: the directory for clone3(CLONE_INTO_CGROUP), which waits for nothing either. */
  readonly cloneInto: string | undefined;
}

/** Everything that a launch plan needs for one container's control groups. */
export interface CgroupPlan extends CgroupJoin {
  /** Absolute below each hierarchy's mount point. */
  readonly path: string;
  /** Side `before`: directories, limits, device rules. */
  readonly setUp: readonly PlanOp[];
  /** For `ExitPlan.collect`: out-of-memory counters, peaks, limits, CPU time. */
  readonly collect: readonly { readonly name: string; readonly path: string }[];
  /** Side `cleanup`: removes the container's own directories. Parents stay, others may be using them. */
  readonly cleanUp: readonly PlanOp[];
}

/** A value for one control file, relative to the group's directory. */
export interface FileValue {
  readonly controller: string;
  readonly file: string;
  readonly data: string;
  /** What the user asked for, in words of config.json, for error messages: `memory.limit`. */
  readonly setting: string;
}

/** How long a removal waits for the last task of a dead container to leave its group. */
const REMOVE_RETRY_MS = 5000;
const ENOENT = 2;

export function makeGroup(path: string): PlanOp {
  return { side: 'before', op: 'mkdir', at: { path }, mode: 0o755, existOk: true, about: 'control group' };
}

export function writeFile(path: string, data: string, setting: string): PlanOp {
  return { side: 'before', op: 'write', at: { path }, data, about: setting };
}

export function removeGroup(path: string): PlanOp {
  return { side: 'cleanup', op: 'rmdir', at: { path }, retryMs: REMOVE_RETRY_MS, tolerate: [ENOENT] };
}

/** `/a/b/c` as `['/a', '/a/b', '/a/b/c']`. */
export function lineage(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '');
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`);
}

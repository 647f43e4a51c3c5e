import type { ContainerStatus } from '#spec/oci-runtime/state.ts';
import { isFrozen } from '#sys/cgroup/freeze.ts';
import type { CgroupHost } from '#sys/cgroup/host.ts';
import { isWaitingForStart } from '#sys/keeper/handoff.ts';
import { isAlive, type ProcessIdentity, startTimeOf } from '#sys/proc.ts';
import { bootId } from '#sys/proc-host.ts';
import { type ContainerState, containerDir, type ProcessMark } from './container-state.ts';

/** The container's first process, when it is still that one and alive. */
export function aliveInit(state: ContainerState): ProcessIdentity | undefined {
  return state.init === undefined ? undefined : alive(state.init);
}

function alive(mark: ProcessMark): ProcessIdentity | undefined {
  if (mark.bootId !== bootId()) return undefined;
  const identity = { pid: mark.pid, startTime: BigInt(mark.startTime) };
  return isAlive(identity) ? identity : undefined;
}

/** The mark of a living process. @throws Error when it is gone */
export function markProcess(pid: number): ProcessMark {
  const startTime = startTimeOf(pid);
  if (startTime === undefined) throw new Error(`process ${pid} is gone`);
  return { pid, startTime: String(startTime), bootId: bootId() };
}

/** Works the status out from the kernel: the process, its gate, its freezer. */
export function statusOf(root: string, state: ContainerState, host: CgroupHost | undefined): ContainerStatus {
  if (state.init === undefined) return alive(state.creator) === undefined ? 'stopped' : 'creating';
  if (aliveInit(state) === undefined) return 'stopped';
  if (host !== undefined && state.cgroupPath !== undefined && isFrozen(host, state.cgroupPath)) return 'paused';
  return isWaitingForStart(containerDir(root, state.id)) ? 'created' : 'running';
}

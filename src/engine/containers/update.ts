import { BerthError } from '#base/errors.ts';
import type {
  ContainerUpdateRequest,
  ContainerUpdateResponse,
  HostConfig,
  Resources,
} from '#spec/docker-api/containers.ts';
import { updateCgroup } from '#sys/cgroup/update.ts';
import type { EngineContext } from '../context.ts';
import type { PortChange } from '../ports/change-ports.ts';
import type { ContainerRow } from '../state/container-row.ts';
import { checkRestartPolicy } from './check-host-config.ts';
import { cgroupPathOf } from './container-config.ts';
import { containerEvent } from './events.ts';
import { NO_LIMITS } from './host-config.ts';
import { cgroupHost, hostLimitSupport } from './host-facts.ts';
import { toOciResources } from './oci-resources.ts';
import { checkResources } from './resource-limits.ts';
import { settle } from './settle.ts';
import { wrapFailure } from './wrap-failure.ts';

function conflict(message: string): BerthError {
  return new BerthError('conflict', 'container.update', message);
}

/**
 * Changes a container's limits and restart policy, also while it runs. Fields that are zero or empty stay as they are.
 *
 * @throws invalid and conflict with Docker's words
 */
export async function updateContainer(
  context: EngineContext,
  id: string,
  request: ContainerUpdateRequest,
): Promise<ContainerUpdateResponse> {
  const { RestartPolicy, PublishAdd, PublishRemove, ...limits } = request;
  const asked = Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== null && value !== undefined));
  const { resources, warnings } = checkResources({ ...NO_LIMITS, ...asked } as Resources, hostLimitSupport(), true);
  if (RestartPolicy) checkRestartPolicy(RestartPolicy);
  using held = await context.locks.acquire(id);
  const row = await settle(context, held.row);
  try {
    if (row.status === 'removing' || row.status === 'dead') {
      throw conflict('container is marked for removal and cannot be "update"');
    }
    checkConflicts(row.hostConfig, resources);
    const ports = { add: PublishAdd ?? {}, remove: PublishRemove ?? {} };
    const changed: HostConfig = {
      ...row.hostConfig,
      ...(await changedPorts(context, row, ports)),
      ...changedLimits(resources, asked),
      ...(RestartPolicy && RestartPolicy.Name !== ''
        ? { RestartPolicy: policyFor(row.hostConfig, RestartPolicy) }
        : {}),
    };
    if (row.status === 'running' || row.status === 'paused') {
      await updateCgroup(cgroupHost(), cgroupPathOf(id, row.hostConfig), toOciResources(changed));
    }
    context.sql.transaction(() => {
      context.containers.patch(id, { hostConfig: changed });
      context.emit(containerEvent(row, 'update'));
    });
  } catch (error) {
    throw wrapFailure(`Cannot update container ${id}`, error);
  }
  context.feed.announce();
  return { Warnings: warnings };
}

function policyFor(host: HostConfig, policy: { readonly Name: string; readonly MaximumRetryCount: number }) {
  if (host.AutoRemove && policy.Name !== 'no') {
    throw conflict('Restart policy cannot be updated because AutoRemove is enabled for the container');
  }
  return { Name: policy.Name, MaximumRetryCount: policy.MaximumRetryCount ?? 0 };
}

/** Ports are Berth's own in this call: most updates say nothing about them. */
async function changedPorts(
  context: EngineContext,
  row: ContainerRow,
  change: PortChange,
): Promise<Partial<Pick<HostConfig, 'PortBindings'>>> {
  if (Object.keys(change.add).length + Object.keys(change.remove).length === 0) return {};
  const { changePorts } = await import('../ports/change-ports.ts');
  return { PortBindings: await changePorts(context, row, change) };
}

/** Fields of the API that `update` takes over; the rest belongs to create. */
const UPDATABLE = [
  'BlkioWeight',
  'BlkioWeightDevice',
  'BlkioDeviceReadBps',
  'BlkioDeviceWriteBps',
  'BlkioDeviceReadIOps',
  'BlkioDeviceWriteIOps',
  'CpuShares',
  'NanoCpus',
  'CpuPeriod',
  'CpuQuota',
  'CpusetCpus',
  'CpusetMems',
  'Memory',
  'MemorySwap',
  'MemoryReservation',
  'CpuRealtimePeriod',
  'CpuRealtimeRuntime',
  'PidsLimit',
] as const;

function changedLimits(resources: Resources, asked: Readonly<Record<string, unknown>>): Partial<Resources> {
  const fields = UPDATABLE.filter((field) => {
    const value = asked[field];
    if (field === 'PidsLimit') return value !== undefined;
    return value !== undefined && value !== 0 && value !== '';
  });
  const changed = Object.fromEntries(fields.map((field) => [field, resources[field]]));
  const pids = resources.PidsLimit;
  // -1 and 0 take a limit away.
  if (asked['PidsLimit'] !== undefined && pids !== null && pids <= 0) changed['PidsLimit'] = 0;
  return changed as Partial<Resources>;
}

function checkConflicts(host: HostConfig, update: Resources): void {
  if (update.NanoCpus > 0 && host.CpuPeriod > 0) {
    throw conflict('Conflicting options: Nano CPUs cannot be updated as CPU Period has already been set');
  }
  if (update.NanoCpus > 0 && host.CpuQuota > 0) {
    throw conflict('Conflicting options: Nano CPUs cannot be updated as CPU Quota has already been set');
  }
  if (update.CpuPeriod > 0 && host.NanoCpus > 0) {
    throw conflict('Conflicting options: CPU Period cannot be updated as NanoCPUs has already been set');
  }
  if (update.CpuQuota > 0 && host.NanoCpus > 0) {
    throw conflict('Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set');
  }
  if (update.Memory !== 0 && update.MemorySwap === 0 && update.Memory > host.MemorySwap) {
    throw conflict(
      'Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time',
    );
  }
}

import { BerthError } from '#base/errors.ts';
import type { HostConfig } from '#spec/docker-api/containers.ts';
import type { ContainerRow } from '../state/container-row.ts';
import type { ContainerTable } from '../state/container-table.ts';
import { joinedContainer } from './namespace-mode.ts';

export interface JoinedNamespaces {
  readonly pid?: string;
  readonly ipc?: string;
  readonly network?: string;
  /** Where the shared memory of the joined IPC namespace's owner is found. */
  readonly sharedMemory?: string;
}

/**
 * The namespace files of the containers whose namespaces are shared.
 *
 * @throws not-found when such a container is gone, conflict when it does not run or does not share
 */
export function joinedNamespaces(host: HostConfig, table: ContainerTable): JoinedNamespaces {
  const owner = (mode: string, what: string): ContainerRow | undefined => {
    const id = joinedContainer(mode);
    if (id === undefined) return undefined;
    const row = table.get(id);
    if (row === undefined) {
      throw new BerthError(
        'not-found',
        'container.not-found',
        `cannot join ${what} namespace: No such container: ${id}`,
      );
    }
    if (row.status !== 'running' && row.status !== 'paused') {
      throw new BerthError(
        'conflict',
        'container.not-running',
        `cannot join ${what} namespace of a non running container: container ${id} is not running`,
      );
    }
    return row;
  };
  const pid = owner(host.PidMode, 'PID');
  const network = owner(host.NetworkMode, 'network');
  const ipc = owner(host.IpcMode, 'IPC');
  if (ipc !== undefined && ipc.hostConfig.IpcMode !== 'shareable' && ipc.hostConfig.IpcMode !== 'host') {
    throw new BerthError(
      'conflict',
      'container.ipc-private',
      `can't join IPC of container ${ipc.id}: non-shareable IPC (hint: use IpcMode:shareable for the donor container)`,
    );
  }
  return {
    ...(pid === undefined ? {} : { pid: `/proc/${pid.pid}/ns/pid` }),
    ...(ipc === undefined ? {} : { ipc: `/proc/${ipc.pid}/ns/ipc`, sharedMemory: `/proc/${ipc.pid}/root/dev/shm` }),
    ...(network === undefined ? {} : { network: `/proc/${network.pid}/ns/net` }),
  };
}

import { BerthError } from '#base/errors.ts';
import type { ContainerTopResponse } from '#spec/docker-api/containers.ts';
import type { ProcessTable } from '#sys/proc-top.ts';
import type { Containers } from '../containers/api.ts';

export interface TopParts {
  readonly containers: Pick<Containers, 'locate'>;
  /** Host pids of all processes of a container. */
  readonly pidsOf: (cgroupPath: string) => readonly number[];
  readonly processTable: (pids: readonly number[], psArgs: readonly string[]) => Promise<ProcessTable>;
}

/**
 * The processes of a container as ps(1) of the host shows them.
 *
 * @param psArgs options of ps separated by blanks; `-ef` when absent
 * @throws not-found, conflict when it does not run or restarts just now
 */
export async function listProcesses(parts: TopParts, ref: string, psArgs?: string): Promise<ContainerTopResponse> {
  const container = await parts.containers.locate(ref);
  if (!container.running)
    throw new BerthError('conflict', 'container.not-running', `container ${container.id} is not running`);
  const words = (psArgs ?? '').split(/\s+/).filter((word) => word !== '');
  return parts.processTable(parts.pidsOf(container.cgroupPath), words.length === 0 ? ['-ef'] : words);
}

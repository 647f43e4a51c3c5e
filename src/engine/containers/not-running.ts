import { BerthError } from '#base/errors.ts';
import type { ContainerRow } from '../state/container-row.ts';

export function notRunning(row: ContainerRow): BerthError {
  return new BerthError('conflict', 'container.not-running', `container ${row.id} is not running`);
}

/** @throws conflict with Docker's words unless the container runs (paused counts) */
export function requireRunning(row: ContainerRow): void {
  if (row.status !== 'running' && row.status !== 'paused') throw notRunning(row);
}

import { BerthError, isBerthError } from '#base/errors.ts';
import type { ContainerPruneReport } from '#spec/docker-api/containers.ts';
import { parseUserTimestamp } from '#spec/docker-api/timestamp.ts';
import type { EngineContext } from '../context.ts';
import type { ContainerRow } from '../state/container-row.ts';
import { settledRows } from './list.ts';
import { type Filters, hasLabel } from './list-filter.ts';
import { removeContainer } from './remove.ts';

/** Removes every container that does not run, as far as the filters `label`, `label!` and `until` allow. */
export async function pruneContainers(context: EngineContext, filters: Filters): Promise<ContainerPruneReport> {
  const unknown = Object.keys(filters).find((name) => !['label', 'label!', 'until'].includes(name));
  if (unknown !== undefined) throw new BerthError('invalid', 'filter.unknown', `invalid filter '${unknown}'`);
  const until = (filters['until'] ?? []).map((time) => parseUserTimestamp(time, Date.now()));
  const isWanted = (row: ContainerRow) =>
    (row.status === 'created' || row.status === 'exited' || row.status === 'dead') &&
    (filters['label'] ?? []).every((label) => hasLabel(row, label)) &&
    !(filters['label!'] ?? []).some((label) => hasLabel(row, label)) &&
    until.every((limit) => row.createdNs < limit);
  const deleted: string[] = [];
  let reclaimed = 0;
  for (const row of (await settledRows(context)).filter(isWanted)) {
    try {
      const { rw } = await context.images.sizes(row.id);
      await removeContainer(context, row.id, row.id, {});
      deleted.push(row.id);
      reclaimed += rw;
    } catch (error) {
      // Started or removed meanwhile: not ours to take any more.
      if (!isBerthError(error, 'conflict') && !isBerthError(error, 'not-found')) throw error;
    }
  }
  return { ContainersDeleted: deleted, SpaceReclaimed: reclaimed };
}

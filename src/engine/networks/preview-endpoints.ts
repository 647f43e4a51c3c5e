import type { Endpoint } from '#network/model.ts';
import type { EngineContext } from '../context.ts';
import type { ContainerRow } from '../state/container-row.ts';
import type { WishedEndpoint } from './endpoint-wishes.ts';
import { leaseEndpoints } from './endpoints.ts';
import { ensurePredefined } from './predefined.ts';

/** Ends a transaction that was only to try something. */
class TakenBack extends Error {}

/**
 * What a container that does not exist would lease if it were created and started now; nothing of it stays.
 *
 * @throws what would make its start impossible
 */
export function previewEndpoints(
  context: EngineContext,
  row: ContainerRow,
  wishes: readonly WishedEndpoint[],
): Endpoint[] {
  ensurePredefined(context);
  let endpoints: Endpoint[] = [];
  try {
    context.sql.transaction(() => {
      const { id, createdNs, imageId, spec, hostConfig } = row;
      // No container has an empty name, and a name in use is not what is asked about.
      context.containers.insert({ id, name: `explained-${id}`, createdNs, imageId, spec, hostConfig }, context.token);
      for (const wish of wishes) context.endpoints.insert({ ...wish, containerId: id, networkId: '' });
      endpoints = leaseEndpoints(context, row);
      throw new TakenBack();
    });
  } catch (error) {
    if (!(error instanceof TakenBack)) throw error;
  }
  return endpoints;
}

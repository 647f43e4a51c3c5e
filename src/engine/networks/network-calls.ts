import { BerthError, isBerthError } from '#base/errors.ts';
import type { NetworkPruneReport } from '#spec/docker-api/networks.ts';
import type { EngineContext } from '../context.ts';
import type { Filters, Networks } from './api.ts';
import { connectContainer, disconnectContainer } from './attach.ts';
import { createNetwork } from './create-network.ts';
import { containersIn, describeNetwork } from './describe-network.ts';
import { findNetwork } from './find-network.ts';
import { listFilter, pruneFilter } from './list-networks.ts';
import { ensurePredefined } from './predefined.ts';
import { removeNetwork, sweepNetworks } from './remove-network.ts';

/** Containers that do not run may be started again: their networks stay, too. */
async function pruneNetworks(context: EngineContext, filters: Filters): Promise<NetworkPruneReport> {
  const isWanted = pruneFilter(filters, Date.now());
  await sweepNetworks(context);
  const places = context.endpoints.all();
  const used = new Set(places.flatMap(({ network, networkId }) => [network, networkId]));
  const deleted: string[] = [];
  for (const row of context.networks.all().filter(isWanted)) {
    if (used.has(row.id) || used.has(row.name)) continue;
    try {
      await removeNetwork(context, row.id);
      deleted.push(row.name);
    } catch (error) {
      // Used or removed meanwhile: not ours to take any more.
      if (!isBerthError(error, 'forbidden') && !isBerthError(error, 'not-found')) throw error;
    }
  }
  context.emit({ type: 'network', action: 'prune', id: '', attributes: { reclaimed: '0' } });
  context.feed.announce();
  return { NetworksDeleted: deleted.length > 0 ? deleted : null };
}

/**
 * The calls about networks.
 *
 * @param idOf the container that a user means; throws not-found
 */
export function networkCalls(context: EngineContext, idOf: (ref: string) => Promise<string>): Networks {
  return {
    create: (request) => createNetwork(context, request),
    inspect: async (ref, { scope = '' } = {}) => {
      const row = findNetwork(context, ref);
      if (row.status !== 'ready' || (scope !== '' && scope !== row.spec.scope)) {
        throw new BerthError('not-found', 'network.not-found', `network ${ref} not found`);
      }
      return describeNetwork(row, containersIn(context, row));
    },
    list: async (filters = {}) => {
      ensurePredefined(context);
      const isWanted = listFilter(filters, context.endpoints.activeNetworks());
      await sweepNetworks(context);
      return context.networks
        .all()
        .filter(isWanted)
        .map((row) => describeNetwork(row));
    },
    remove: (ref) => removeNetwork(context, ref),
    prune: (filters = {}) => pruneNetworks(context, filters),
    connect: async (ref, request) => {
      findNetwork(context, ref);
      await connectContainer(context, ref, await idOf(request.Container ?? ''), request);
    },
    disconnect: async (ref, request) => disconnectContainer(context, ref, await idOf(request.Container ?? ''), request),
  };
}

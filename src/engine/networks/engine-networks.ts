import type { EngineContext } from '../context.ts';
import type { Networks } from './api.ts';

/**
 * Networks of an opened engine. Their code is loaded with the first call: to start a container needs little of it.
 *
 * @param idOf the container that a user means; throws not-found
 */
export function createNetworks(context: EngineContext, idOf: (ref: string) => Promise<string>): Networks {
  const calls = async () => (await import('./network-calls.ts')).networkCalls(context, idOf);
  return {
    create: async (request) => (await calls()).create(request),
    inspect: async (ref, options) => (await calls()).inspect(ref, options),
    list: async (filters) => (await calls()).list(filters),
    remove: async (ref) => (await calls()).remove(ref),
    prune: async (filters) => (await calls()).prune(filters),
    connect: async (ref, request) => (await calls()).connect(ref, request),
    disconnect: async (ref, request) => (await calls()).disconnect(ref, request),
  };
}

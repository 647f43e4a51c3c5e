import type { Dispatch } from '#spec/docker-api/exchange.ts';
import type { Transport } from './transport.ts';

/**
 * Calls a router of this process directly: no socket, no HTTP, bodies handed over as they are.
 *
 * @param dispatch finds and runs the handler; may load it on the first call
 * @param version the API version of that router
 * @param close what closing the transport does
 */
export function inProcessTransport(
  dispatch: Dispatch,
  version: string,
  close: () => Promise<void> = async () => {},
): Transport {
  return {
    endpoint: 'in process',
    request: dispatch,
    apiVersion: async () => version,
    close,
  };
}

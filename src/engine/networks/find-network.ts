/** From what a user writes to a network. */
import { BerthError } from '#base/errors.ts';
import type { EngineContext } from '../context.ts';
import type { EndpointRow, NetworkRow } from '../state/network-row.ts';
import { ensurePredefined, isPredefined } from './predefined.ts';

type FindContext = Pick<EngineContext, 'root' | 'sql' | 'networks' | 'options'>;

/** A network by its exact name; the three that always exist are made by this. */
export function networkNamed(context: FindContext, name: string): NetworkRow | undefined {
  const found = context.networks.named(name);
  if (found !== undefined || !isPredefined(name)) return found;
  ensurePredefined(context);
  return context.networks.named(name);
}

/**
 * The network a user means: a full id, else a name, else a prefix of one id.
 *
 * @throws not-found, invalid for a prefix of several, with Docker's words
 */
export function findNetwork(context: FindContext, ref: string): NetworkRow {
  const exact = context.networks.get(ref) ?? networkNamed(context, ref);
  if (exact !== undefined) return exact;
  ensurePredefined(context);
  const matches = /^[0-9a-f]{1,64}$/.test(ref) ? context.networks.withPrefix(ref) : [];
  if (matches.length === 1) return matches[0]!;
  if (matches.length > 1) {
    const message = `network ${ref} is ambiguous (${matches.length} matches found based on ID prefix)`;
    throw new BerthError('invalid', 'network.ambiguous', message);
  }
  throw new BerthError('not-found', 'network.not-found', `network ${ref} not found`);
}

/** The network of a container's place: the one it was in before, else the one that has its name now. */
export function networkOfEndpoint(context: FindContext, place: EndpointRow): NetworkRow | undefined {
  const known = place.networkId === '' ? undefined : context.networks.get(place.networkId);
  if (known !== undefined) return known;
  const named = networkNamed(context, place.network);
  if (named !== undefined) return named;
  // `--network` takes ids, too.
  const matches = /^[0-9a-f]{1,64}$/.test(place.network) ? context.networks.withPrefix(place.network) : [];
  return matches.length === 1 ? matches[0] : undefined;
}

import { BerthError } from '#base/errors.ts';
import type { Client } from '#client/client.ts';
import type { Inspected } from './inspect-objects.ts';

/** One network for the `inspect` commands. @throws invalid for an empty name, before anybody is asked */
export async function inspectNetwork(
  client: Client,
  ref: string,
  options: { readonly verbose?: boolean },
  abort: AbortSignal,
): Promise<Inspected> {
  if (ref.trim() === '')
    throw new BerthError('not-found', 'cli.empty-name', 'invalid network name or ID: value is empty');
  return { shape: 'Network', document: await client.networks.inspect(ref, options, abort) };
}

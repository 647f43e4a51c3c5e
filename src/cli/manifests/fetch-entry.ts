import { isIndexType } from '#spec/oci-image/media-types.ts';
import { parseReference } from '#spec/reference.ts';
import type { Context } from '../command.ts';
import { ExitFailure } from '../failure.ts';
import { registryAuthFor } from '../registry-auth.ts';
import { type ListEntry, manifestName } from './list-store.ts';

/** What a name leads to in its registry. */
export async function fetchDocument(context: Context, given: string, insecure: boolean): Promise<ListEntry> {
  const name = manifestName(given);
  const registryAuth = await registryAuthFor(context, parseReference(name));
  const client = await context.client();
  return { name, document: await client.images.remoteDocument(name, { insecure, registryAuth }, context.signal) };
}

/** The same for an image that becomes part of a list. @throws ExitFailure when it is a list itself */
export async function fetchEntry(context: Context, given: string, insecure: boolean): Promise<ListEntry> {
  const entry = await fetchDocument(context, given, insecure);
  if (isIndexType(entry.document.Descriptor.mediaType)) throw new ExitFailure(1, `${given} is a manifest list`);
  return entry;
}

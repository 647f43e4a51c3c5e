/** `system fsck`: whether the database and the disk agree, and what can be done where they do not. */
import { BerthError } from '#base/errors.ts';
import type { Distribution } from '#distribution/open-distribution.ts';
import type { RegistryCredential } from '#spec/docker-api/registries.ts';
import type { StateFinding } from '#spec/docker-api/system.ts';
import { parseReference } from '#spec/reference.ts';
import type { LostBlob } from '#store/restore-blob.ts';
import type { Core } from '../open-core.ts';
import { forgetLostBlob } from '../registry/forget-lost-blob.ts';
import { checkVolumes } from '../volumes/check-volumes.ts';

export interface CheckOptions {
  /** Make again what can be, and remove what belongs to nothing. */
  readonly repair: boolean;
  /** What the user has for registries, by the name that credentials are kept under. */
  readonly credentials?: Readonly<Record<string, RegistryCredential>> | undefined;
  readonly abort?: AbortSignal | undefined;
}

/** @param open registries; asked only for blobs that are damaged or missing */
export async function checkState(
  core: Core,
  options: CheckOptions,
  open: () => Promise<Distribution>,
): Promise<StateFinding[]> {
  const { repair } = options;
  const inStore = await core.store.check(repair, (blob) => fetchFromAny(blob, options, open));
  const found = inStore.map(({ code, subject, message, isRepaired }) => {
    const isForgotten = repair && !isRepaired && code.startsWith('blob.') && forgetLostBlob(core.db, subject);
    const words = isForgotten ? `${message}; the registry here knows it no more: push it again` : message;
    return { Code: code, Subject: subject, Message: words, Repaired: isRepaired };
  });
  return [...found, ...(await checkVolumes(core.context, repair))];
}

/** @throws what the last of the registries said */
async function fetchFromAny(
  blob: LostBlob,
  { credentials = {}, abort }: CheckOptions,
  open: () => Promise<Distribution>,
): Promise<void> {
  const signal = abort ?? new AbortController().signal;
  let failure: unknown = new BerthError('not-found', 'blob.no-registry', 'no registry is known to have it');
  for (const repository of blob.repositories) {
    const reference = parseReference(repository);
    const { domain } = reference;
    const credential = credentials[domain === 'docker.io' ? 'https://index.docker.io/v1/' : domain];
    try {
      await (await open()).fetchLostBlob(reference, blob, { credential, signal });
      return;
    } catch (error) {
      if (signal.aborted) throw error;
      failure = error;
    }
  }
  throw failure;
}

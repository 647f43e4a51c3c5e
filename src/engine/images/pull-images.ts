import { BerthError } from '#base/errors.ts';
import type { Credential } from '#distribution/auth/credential.ts';
import type { Distribution } from '#distribution/open-distribution.ts';
import type { ProgressMessage } from '#spec/docker-api/images.ts';
import type { HostPlatform } from '#spec/platform.ts';
import {
  checkDigest,
  checkTag,
  familiarName,
  familiarReference,
  parseReference,
  type Reference,
  withDefaultTag,
} from '#spec/reference.ts';
import { reportsOf } from './progress-queue.ts';

export interface PullImageOptions {
  /** A tag or a digest, before the name's own. */
  readonly tag?: string | undefined;
  /** Every tag of the repository, when neither the name nor `tag` says which. */
  readonly allTags?: boolean;
  readonly platform?: HostPlatform | undefined;
  readonly credential?: Credential | undefined;
  readonly abort?: AbortSignal | undefined;
}

/** What was pulled, for events. */
export type NotePulled = (reference: Reference, imageId: string) => void;

/** @throws invalid in Docker's words */
export function referenceToPull(name: string, tag: string | undefined): Reference {
  const parsed = parseReference(name);
  if (tag === undefined || tag === '') return parsed;
  if (tag.includes(':')) {
    checkDigest(tag);
    return { ...parsed, tag: undefined, digest: tag };
  }
  checkTag(tag);
  return { ...parsed, tag };
}

/** Pulls one image, or all of a repository; every item is one line of the API's progress. */
export function pullImages(
  open: () => Promise<Distribution>,
  name: string,
  { tag, allTags = false, platform, credential, abort }: PullImageOptions,
  note: NotePulled,
): AsyncIterable<ProgressMessage> {
  const reference = referenceToPull(name, tag);
  const isWhole = allTags && reference.tag === undefined && reference.digest === undefined;
  if (reference.path === '' || reference.path === 'library/scratch') {
    throw new BerthError('invalid', 'image.scratch', "'scratch' is a reserved name");
  }
  return reportsOf(async (report) => {
    const distribution = await open();
    const signal = abort ?? new AbortController().signal;
    const options = { platform, credential, signal, report };
    if (isWhole) {
      const pulled = await distribution.pullAll(reference, options);
      for (const { id } of pulled) note(reference, id);
      return;
    }
    const wanted = withDefaultTag(reference);
    const { id } = await distribution.pull(wanted, options);
    note(wanted, id);
  });
}

/** How events name what was pulled. */
export function pulledName(reference: Reference): string {
  return reference.tag === undefined && reference.digest === undefined
    ? familiarName(reference)
    : familiarReference(reference);
}

import { BerthError } from '#base/errors.ts';
import type { Credential } from '#distribution/auth/credential.ts';
import type { Distribution } from '#distribution/open-distribution.ts';
import type { ProgressMessage } from '#spec/docker-api/images.ts';
import {
  checkTag,
  familiarName,
  familiarReference,
  fullName,
  parseReference,
  type Reference,
} from '#spec/reference.ts';
import type { ImageTable } from '#store/metadata/image-table.ts';
import type { ImagePlatform } from './api.ts';
import { reportsOf } from './progress-queue.ts';

export interface PushImageOptions {
  /** Before the name's own. */
  readonly tag?: string | undefined;
  readonly platform?: ImagePlatform | undefined;
  readonly credential?: Credential | undefined;
  readonly abort?: AbortSignal | undefined;
}

export interface PushParts {
  readonly open: () => Promise<Distribution>;
  readonly table: ImageTable;
  /** The image of a name for a platform. @throws not-found */
  readonly choose: (name: string, platform: ImagePlatform) => string;
}

/** Pushes one image, or all of a repository; every item is one line of the API's progress. */
export function pushImages(
  { open, table, choose }: PushParts,
  name: string,
  { tag, platform, credential, abort }: PushImageOptions,
  note: (reference: Reference, imageId: string) => void,
): AsyncIterable<ProgressMessage> {
  const parsed = parseReference(name);
  if (parsed.digest !== undefined) {
    throw new BerthError('invalid', 'image.push-digest', 'cannot push a digest reference');
  }
  if (tag !== undefined && tag !== '') checkTag(tag);
  const wanted = tag === undefined || tag === '' ? parsed.tag : tag;
  const references = wanted === undefined ? tagsOf(table, parsed) : [{ ...parsed, tag: wanted }];
  return reportsOf(async (report) => {
    const distribution = await open();
    const signal = abort ?? new AbortController().signal;
    for (const reference of references) {
      const image = platform === undefined ? undefined : choose(familiarReference(reference), platform);
      const { id } = await distribution.push(reference, { image, credential, signal, report });
      note(reference, id);
    }
  });
}

/** All tags of a repository. @throws not-found in Docker's words when it has none */
function tagsOf(table: ImageTable, repository: Reference): Reference[] {
  const references = table
    .names()
    .map(({ name }) => parseReference(name))
    .filter((reference) => reference.tag !== undefined && fullName(reference) === fullName(repository));
  if (references.length > 0) return references;
  const words = `An image does not exist locally with the tag: ${familiarName(repository)}`;
  throw new BerthError('not-found', 'image.not-found', words);
}

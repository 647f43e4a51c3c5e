import { familiarName, parseReference, withDefaultTag } from '#spec/reference.ts';

/**
 * What an image that is being made is to be called.
 *
 * @param text `repository[:tag]`, or nothing
 * @throws invalid in docker's words
 */
export function repositoryAndTag(text: string): {
  readonly repository?: string;
  readonly tag?: string;
  readonly isDigest: boolean;
} {
  if (text === '') return { isDigest: false };
  const reference = withDefaultTag(parseReference(text));
  return {
    repository: familiarName(reference),
    ...(reference.tag !== undefined && { tag: reference.tag }),
    isDigest: reference.digest !== undefined,
  };
}

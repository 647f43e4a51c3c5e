import { familiarReference, parseReference } from '#spec/reference.ts';

/** The names of one image as people write them. */
export interface ImageNames {
  /** `busybox:latest` */
  readonly tags: readonly string[];
  /** `busybox@sha256:...` */
  readonly digests: readonly string[];
}

/** @param names full names (`docker.io/library/busybox:latest`) */
export function splitNames(names: readonly string[]): ImageNames {
  const familiar = names.map((name) => familiarReference(parseReference(name)));
  return {
    tags: familiar.filter((name) => !name.includes('@')),
    digests: familiar.filter((name) => name.includes('@')),
  };
}
